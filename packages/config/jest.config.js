export default {
  displayName: 'config',
  preset: '@bzzz-tooling/jest-preset',
}
