export default {
  displayName: 'api',
  preset: '@bzzz-tooling/jest-preset',
}
