export { DHT_CONTRACT, dhtPort, refusalOf } from './dht-port.js'
export type {
  DHT,
  DHTChange,
  DHTRecord,
  ReadOptions,
  ReplicaInfo,
  WriteOptions,
  WriteReceipt,
} from './dht.js'
export { dhtError } from './errors.js'
export { assertKey, assertValue, KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.js'
export { assertRecord, ID_BYTES_MAX } from './record-check.js'
