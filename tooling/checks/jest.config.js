export default {
  displayName: 'tooling-checks',
  preset: '@bzzz-tooling/jest-preset',
}
