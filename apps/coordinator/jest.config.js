export default {
  displayName: 'coordinator',
  preset: '@bzzz-tooling/jest-preset',
  // Tests start real processes; on a busy machine each takes seconds.
  testTimeout: 120_000,
}
