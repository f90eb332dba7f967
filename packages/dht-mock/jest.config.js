export default {
  displayName: 'dht-mock',
  preset: '@bzzz-tooling/jest-preset',
}
