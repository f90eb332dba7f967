export default {
  displayName: 'sim',
  preset: '@bzzz-tooling/jest-preset',
}
