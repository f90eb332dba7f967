export default {
  displayName: 'libp2p-host',
  preset: '@bzzz-tooling/jest-preset',
  setupFilesAfterEnv: ['@bzzz-tooling/jest-preset/drain'],
}
