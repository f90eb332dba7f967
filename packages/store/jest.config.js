export default {
  displayName: 'store',
  preset: '@bzzz-tooling/jest-preset',
}
