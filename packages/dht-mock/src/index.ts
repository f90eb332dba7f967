export { MockDHT, type MockDHTOptions } from './mock-dht.js'
export {
  createMockNetwork,
  MockNetwork,
  type MockNetworkOptions,
  type StoreGround,
} from './mock-network.js'
export type { Neighbours } from './neighbours.js'
export type { Replica } from './replica.js'
