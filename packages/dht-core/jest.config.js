export default {
  displayName: 'dht-core',
  preset: '@bzzz-tooling/jest-preset',
}
