import type { BzzzError, BzzzErrorOptions, Verdict } from './errors.js'
import type { Unsubscribe } from './events.js'
import type { Level } from './level.js'
import type { Startable } from './lifecycle.js'
import type { StampedRecord, Version } from './record.js'
import type { Acknowledgement, ApplyOptions } from './replication.js'

/** What a write leaves behind: every argument that must outlive the call, and nothing else. */
export interface WriteIntent {
  readonly key: string
  readonly value?: Uint8Array
  readonly deleted?: boolean
  readonly expiresAtMs?: number | undefined
}

/** A method that changes nothing. */
export interface ReadOp<A extends readonly unknown[], R> {
  readonly kind: 'read'
  /** Throws the port's errors for arguments that no side would take. */
  check?(...args: A): void
  key(...args: A): string
  /**
   * True when the answer means "I do not have it", so that another side may be asked. Without it
   * the method is not about stored records, and real answers it wherever there is one.
   */
  isMiss?(result: R): boolean
  /** Version of the answer, to compare the sides by. */
  version?(result: R): Version | undefined
  /** Wall milliseconds from which on the answer must not be shown any more. Default: never. */
  expiresAtMs?(result: R): number | undefined
  /** About what the answer takes in memory; answers of a method without it are not kept. */
  sizeBytes?(result: R): number
  /** Undefined where the caller leaves it to the side that answers. */
  level?(...args: A): Level | undefined
  /** The wait that the caller allows, milliseconds. */
  timeoutMs?(...args: A): number | undefined
  /** The caller takes what is known here, "nothing" included, rather than an outage. */
  allowsStale?(...args: A): boolean
}

/** A method that leaves a record behind. */
export interface WriteOp<A extends readonly unknown[], R> {
  readonly kind: 'write'
  /** Throws the port's errors for arguments that no side would take. */
  check?(...args: A): void
  key(...args: A): string
  /** What must be logged; a record that is already stamped is applied, not stamped anew. */
  record(...args: A): WriteIntent | StampedRecord
  level?(...args: A): Level | undefined
  /** The operation id that the caller gave, so that a retry is recognised. */
  opId?(...args: A): string | undefined
  /** The version that the caller expects: `null` for "absent", undefined for "any". */
  condition?(...args: A): Version | null | undefined
  /** The wait that the caller allows, milliseconds. */
  timeoutMs?(...args: A): number | undefined
  /** The method's answer. Default: the acknowledgement itself. */
  receipt?(acknowledgement: Acknowledgement, ...args: A): R
}

/** A method that yields items; `id` drops repeats when another side takes over half-way. */
export interface StreamOp<T> {
  readonly kind: 'stream'
  id(item: T): string
}

/** A method that calls back until unsubscribed; `id` drops repeats when attached to two sides. */
export interface SubscribeOp<E> {
  readonly kind: 'subscribe'
  id(event: E): string
  /** The key that the event is about; those of health probes are told to nobody. */
  key?(event: E): string
}

type OpFor<F> = F extends (...args: infer A) => Promise<infer R>
  ? ReadOp<A, R> | WriteOp<A, R>
  : F extends (...args: never[]) => AsyncIterable<infer T>
    ? StreamOp<T>
    : F extends (listener: (event: infer E) => void) => Unsubscribe
      ? SubscribeOp<E>
      : never

type MethodOf<I> = {
  [K in keyof I]-?: NonNullable<I[K]> extends (...args: never[]) => unknown ? K : never
}[keyof I]

/** One row per method of the interface; a method that is forgotten does not compile. */
export type OpTable<I> = {
  readonly [K in Exclude<MethodOf<I>, keyof Startable>]-?: OpFor<NonNullable<I[K]>>
}

/** What every method of a port means. Hybrid, metrics, fault injection and audit derive from it. */
export interface Port<I> {
  readonly name: string
  /** Contract version that both sides must state, as `dht/1`. */
  readonly contract: string
  /** Whether an error means an outage of that side, or is its answer. */
  judge(error: unknown): Verdict
  /** Which of two concurrent records wins. */
  merge(a: StampedRecord, b: StampedRecord): StampedRecord
  /** An error of the node's store in the words of the port. Default: as it is. */
  refusal?(error: unknown): unknown
  /** The port's error for "it cannot be told now", with the verdict `unavailable`. */
  unavailable(message: string, options?: BzzzErrorOptions): BzzzError
  readonly probe: Probe<I>
  readonly ops: OpTable<I>
}

/** The deep health probe: a real write and read. */
export interface Probe<I> {
  /** Begin of the keys that are written; each node adds its id. */
  readonly key: string
  readonly value: Uint8Array
  /** The version that the side has of a key, at the level asked for. */
  read(side: I, key: string, options: ApplyOptions): Promise<Version | undefined>
}

/** `definePort<DHT>()({ … })`: checks the table against the interface. */
export const definePort =
  <I>() =>
  <const P extends Port<I>>(port: P): P =>
    port
