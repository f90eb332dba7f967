export default {
  displayName: 'tooling-simulation',
  preset: '@bzzz-tooling/jest-preset',
}
