export type { CopyProgress } from './copy.js'
export { MockDHT, type MockDHTOptions } from './mock-dht.js'
export {
  createMockNetwork,
  type JoinOptions,
  MockNetwork,
  type MockNetworkOptions,
  type StoreGround,
} from './mock-network.js'
export type { Neighbours } from './neighbours.js'
export type { MockReach } from './reach.js'
export type { Replica } from './replica.js'
