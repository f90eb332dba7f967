export { abortable, abortError, isAbort, throwIfAborted, type AbortOptions } from './abort.js'
export { BASE_ERRORS, baseError } from './base-errors.js'
export { compareBytes, concatBytes, equalBytes, fromHex, fromUtf8, toHex, utf8 } from './bytes.js'
export { delay, systemClock, type Cancel, type Clock } from './clock.js'
export { ByteReader, ByteWriter } from './codec.js'
export { crc32 } from './crc32.js'
export { Deadlines, type Expiring } from './deadlines.js'
export type { Disk, DiskFile } from './disk.js'
export {
  BzzzError,
  codeOf,
  defineErrors,
  messageOf,
  verdictOf,
  type BzzzErrorOptions,
  type ErrorFactory,
  type ErrorRow,
  type ErrorTable,
  type Verdict,
} from './errors.js'
export { Emitter, type Listener, type Unsubscribe } from './events.js'
export {
  compareHlc,
  DEFAULT_CEILING_WINDOW_MS,
  DEFAULT_MAX_SKEW_MS,
  HLC_COUNTER_MAX,
  HybridClock,
  type Hlc,
  type HybridClockOptions,
} from './hlc.js'
export { newOperationId } from './ids.js'
export { quorumOf, replicasFor, type Durability, type Level } from './level.js'
export { Service, startAll, stopAll, type Startable } from './lifecycle.js'
export { ManualClock } from './manual-clock.js'
export { MODES, type Mode, type ModeSetting } from './mode.js'
export {
  definePort,
  type OpTable,
  type Port,
  type Probe,
  type ReadOp,
  type StreamOp,
  type SubscribeOp,
  type WriteIntent,
  type WriteOp,
} from './port.js'
export { pick, seededRandom, shuffle, systemRandom, type Random } from './random.js'
export type { Acknowledgement, ApplyOptions, Replicates } from './replication.js'
export { compareVersions, isExpired, type StampedRecord, type Version } from './record.js'
export { standIn, type Method } from './stand-in.js'
export type {
  PeerState,
  PeerStatus,
  PeerTransport,
  RequestHandler,
  RequestOptions,
} from './transport.js'
