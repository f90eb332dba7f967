export default {
  displayName: 'base',
  preset: '@bzzz-tooling/jest-preset',
}
