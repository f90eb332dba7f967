export default {
  displayName: 'tooling-lanes',
  preset: '@bzzz-tooling/jest-preset',
}
