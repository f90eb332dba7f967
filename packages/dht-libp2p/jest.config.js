export default {
  displayName: 'dht-libp2p',
  preset: '@bzzz-tooling/jest-preset',
  setupFilesAfterEnv: ['@bzzz-tooling/jest-preset/drain'],
}
