export { storeError } from './errors.js'
export {
  ATTESTATION_BYTES_MAX,
  ID_BYTES_MAX,
  RECORD_KEY_BYTES_MAX,
  RECORD_VALUE_BYTES_MAX,
} from './limits.js'
export { LogStore, type LogStoreOptions } from './log/log-store.js'
export type { MarkPlace } from './log/mark.js'
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js'
export { BUCKETS, digestOf, headHash } from './range-digest.js'
export type { Crc32 } from './store-engine.js'
export type {
  Append,
  AppendOptions,
  Applied,
  ApplyOutcome,
  RangeDigest,
  RecordHead,
  Store,
} from './store.js'
