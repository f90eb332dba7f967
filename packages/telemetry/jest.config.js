export default {
  displayName: 'telemetry',
  preset: '@bzzz-tooling/jest-preset',
}
