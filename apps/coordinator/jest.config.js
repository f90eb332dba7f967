export default {
  displayName: 'coordinator',
  preset: '@bzzz-tooling/jest-preset',
}
