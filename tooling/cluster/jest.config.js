export default {
  displayName: 'tooling-cluster',
  preset: '@bzzz-tooling/jest-preset',
  // Five coordinators as processes; on a busy machine each takes seconds to start.
  testTimeout: 300_000,
}
