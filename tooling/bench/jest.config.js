export default {
  displayName: 'tooling-bench',
  preset: '@bzzz-tooling/jest-preset',
}
