export default {
  displayName: 'libp2p-host',
  preset: '@bzzz-tooling/jest-preset',
  // Waits have bounds of their own, 10 s each.
  testTimeout: 60_000,
  setupFilesAfterEnv: ['@bzzz-tooling/jest-preset/drain'],
}
