export default {
  displayName: 'crypto',
  preset: '@bzzz-tooling/jest-preset',
}
