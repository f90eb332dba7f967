import { baseError, type PeerTransport, type StampedRecord } from '@bzzz/base'
import type { Attester } from './attester.js'
import { BATCH_BYTES_MAX, ENTRIES_MAX, messageBytesOf } from './limits.js'
import { decodeReply, type ReadResult, type Reply, type WriteResult } from './wire/reply.js'
import { encodeRequest, type ReadItem, type Request, type SignedLeaf } from './wire/request.js'

/** The protocol under which replicas talk. */
export const KV_PROTOCOL = '/bzzz/kv/1.0.0'

/** What came back for one item of a message. */
export type Answer<R> =
  | {
      readonly kind: 'result'
      readonly result: R
      readonly isCounted: boolean
      /** What the peer stored for this message is on its disk. */
      readonly isDurable: boolean
    }
  /** The peer has another view of the membership and did nothing. */
  | { readonly kind: 'view-differs' }
  | { readonly kind: 'error'; readonly error: unknown }

interface Queued<I, R> {
  readonly peer: string
  readonly item: I
  readonly done: (answer: Answer<R>) => void
}

type QueuedWrite = Queued<StampedRecord, WriteResult>

export interface ClientOptions {
  readonly transport: PeerTransport
  readonly attester: Attester
  /** Longest wait for one answer, milliseconds. */
  readonly tryMs: number
  /** Hash of the present view; every operation states it. */
  readonly viewHash: () => Uint8Array
}

/**
 * Asks peers. What is asked of one peer in one tick travels as one message, and what this node
 * writes in one tick shares one signature.
 */
export class Client {
  readonly #options: ClientOptions
  #writes: QueuedWrite[] = []
  #reads: Queued<ReadItem, ReadResult>[] = []
  #isScheduled = false
  #isStopped = false

  constructor(options: ClientOptions) {
    this.#options = options
  }

  write(peer: string, record: StampedRecord, done: (answer: Answer<WriteResult>) => void): void {
    this.#writes.push({ peer, item: record, done })
    this.#schedule()
  }

  read(peer: string, item: ReadItem, done: (answer: Answer<ReadResult>) => void): void {
    this.#reads.push({ peer, item, done })
    this.#schedule()
  }

  /** What is asked from here on is rejected, and answers that still come are not handed out. */
  stop(): void {
    this.#isStopped = true
  }

  /** One request. Rejects with the transport's codes, with the peer's, or with `BYTES_INVALID`. */
  call<K extends Reply['kind']>(
    peer: string,
    request: Request,
    wanted: K,
  ): Promise<Extract<Reply, { kind: K }> | { readonly kind: 'view-differs' }> {
    return this.#ask(peer, () => encodeRequest(request), wanted)
  }

  async #ask<K extends Reply['kind']>(
    peer: string,
    encode: () => Uint8Array,
    wanted: K,
  ): Promise<Extract<Reply, { kind: K }> | { readonly kind: 'view-differs' }> {
    const { transport, tryMs } = this.#options
    this.#assertRunning()
    const payload = await transport.request(peer, KV_PROTOCOL, encode(), { deadlineMs: tryMs })
    this.#assertRunning()
    const reply = decodeReply(payload)
    if (reply.kind === 'view-differs') return reply
    if (reply.kind !== wanted)
      throw baseError('BYTES_INVALID', `the peer answered with ${reply.kind}, not ${wanted}`)
    return reply as Extract<Reply, { kind: K }>
  }

  #assertRunning(): void {
    if (this.#isStopped) throw baseError('NOT_STARTED', 'the DHT is stopped')
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#flushWrites()
      this.#flushReads()
    })
  }

  #flushWrites(): void {
    if (this.#writes.length === 0) return
    const queued = this.#writes
    this.#writes = []
    const records = [...new Set(queued.map(({ item }) => item))]
    let signed: SignedLeaf[]
    try {
      signed = this.#options.attester.sign(records)
    } catch (error) {
      for (const { done } of queued) done({ kind: 'error', error })
      return
    }
    const leafOf = new Map(records.map((record, index) => [record, signed[index]]))
    const encode = this.#encoder(leafOf)
    for (const [peer, entries] of byPeer(queued))
      for (const part of chunks(entries, ({ item }) => messageBytesOf(item)))
        void this.#settle(
          part,
          this.#ask(peer, () => encode(part), 'write'),
        )
  }

  /** Encodes messages. Replicas that are sent the same records share the bytes of one message. */
  #encoder(
    leafOf: ReadonlyMap<StampedRecord, SignedLeaf | undefined>,
  ): (part: readonly QueuedWrite[]) => Uint8Array {
    const view = this.#options.viewHash()
    const encoded: { readonly part: readonly QueuedWrite[]; readonly payload: Uint8Array }[] = []
    return (part) => {
      const known = encoded.find((other) => hasSameItems(other.part, part))
      if (known !== undefined) return known.payload
      const records = part.map(({ item }) => leafOf.get(item)).filter((leaf) => leaf !== undefined)
      const payload = encodeRequest({ kind: 'write', view, records })
      encoded.push({ part, payload })
      return payload
    }
  }

  #flushReads(): void {
    if (this.#reads.length === 0) return
    const queued = this.#reads
    this.#reads = []
    const view = this.#options.viewHash()
    for (const [peer, entries] of byPeer(queued))
      for (const part of chunks(entries, () => 0)) {
        const items = part.map(({ item }) => item)
        void this.#settle(part, this.call(peer, { kind: 'read', view, items }, 'read'))
      }
  }

  async #settle<I, R>(
    part: readonly Queued<I, R>[],
    call: Promise<
      | { readonly kind: 'view-differs' }
      | {
          readonly kind: string
          readonly isCounted: boolean
          readonly isDurable?: boolean
          readonly results: readonly R[]
        }
    >,
  ): Promise<void> {
    try {
      const reply = await call
      if (!('results' in reply)) {
        for (const { done } of part) done({ kind: 'view-differs' })
        return
      }
      if (reply.results.length > part.length)
        throw baseError('BYTES_INVALID', 'the peer answered more than it was asked')
      const { isCounted, isDurable = false } = reply
      for (const [index, { done }] of part.entries()) {
        const result = reply.results[index]
        done(
          result === undefined
            ? { kind: 'error', error: baseError('TIMEOUT', 'the peer answered a part only') }
            : { kind: 'result', result, isCounted, isDurable },
        )
      }
    } catch (error) {
      for (const { done } of part) done({ kind: 'error', error })
    }
  }
}

const byPeer = <Q extends { readonly peer: string }>(queued: readonly Q[]): Map<string, Q[]> => {
  const out = new Map<string, Q[]>()
  for (const entry of queued) {
    const list = out.get(entry.peer)
    if (list === undefined) out.set(entry.peer, [entry])
    else list.push(entry)
  }
  return out
}

const hasSameItems = (a: readonly QueuedWrite[], b: readonly QueuedWrite[]): boolean =>
  a.length === b.length && a.every(({ item }, index) => item === b[index]?.item)

/** Cuts a list where a message would hold too many entries or too many bytes. */
const chunks = <Q>(entries: readonly Q[], bytesOf: (entry: Q) => number): Q[][] => {
  const out: Q[][] = []
  let part: Q[] = []
  let bytes = 0
  for (const entry of entries) {
    const more = bytesOf(entry)
    if (part.length >= ENTRIES_MAX || (part.length > 0 && bytes + more > BATCH_BYTES_MAX)) {
      out.push(part)
      part = []
      bytes = 0
    }
    part.push(entry)
    bytes += more
  }
  if (part.length > 0) out.push(part)
  return out
}
