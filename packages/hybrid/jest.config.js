export default {
  displayName: 'hybrid',
  preset: '@bzzz-tooling/jest-preset',
}
