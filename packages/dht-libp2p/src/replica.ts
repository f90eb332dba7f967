import { codeOf, equalBytes, type StampedRecord, type Version } from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
import { digestOf, type Applied, type Store } from '@bzzz/store'
import type { Attester } from './attester.js'
import { BATCH_BYTES_MAX, LOCK_MS_MAX, messageBytesOf, RECORD_OVERHEAD_BYTES } from './limits.js'
import type { Locks } from './locks.js'
import type { Membership } from './membership.js'
import { bucketsIn, headsPage } from './ranges.js'
import type { Superseded } from './superseded.js'
import { encodeReply, type ReadResult, type Reply, type WriteResult } from './wire/reply.js'
import { decodeRequest, type ReadItem, type Request, type SignedLeaf } from './wire/request.js'

export interface ReplicaOptions {
  readonly self: string
  readonly store: Store
  readonly membership: Membership
  readonly attester: Attester
  readonly locks: Locks
  readonly superseded: Superseded
  /** A peer told its view: it serves the protocol now, whatever it did before. */
  readonly onExchange: (peer: string) => void
}

type OfKind<K extends Request['kind']> = Extract<Request, { kind: K }>

/** Serves the requests of other nodes. What they send is checked before it is stored. */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #running = new Set<Promise<unknown>>()

  constructor(options: ReplicaOptions) {
    this.#options = options
  }

  /**
   * Answers one request of a member, or of a peer that may become one. Throws `BYTES_INVALID` for
   * what is no request, `DHT_UNAVAILABLE` for anybody else.
   */
  async handle(payload: Uint8Array, from: string): Promise<Uint8Array> {
    if (!this.#options.membership.mayAsk(from))
      throw dhtError('DHT_UNAVAILABLE', `${from} is no member here, and is not admitted as one`)
    const served = Promise.resolve(this.#serve(decodeRequest(payload), from))
    this.#running.add(served)
    try {
      return encodeReply(await served)
    } finally {
      this.#running.delete(served)
    }
  }

  /** Resolves when no request is being served. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  #serve(request: Request, from: string): Reply | Promise<Reply> {
    switch (request.kind) {
      case 'exchange':
        return this.#exchange(request, from)
      case 'write':
        return this.#write(request)
      case 'read':
        return this.#read(request)
      case 'groups':
        return this.#groups(request)
      case 'buckets':
        return this.#buckets(request)
      case 'heads':
        return { kind: 'heads', ...headsPage(this.#options.store, request) }
      case 'fetch':
        return this.#fetch(request)
      case 'lock':
        return this.#lock(request)
      default:
        this.#options.locks.release(request.key, request.opId)
        return { kind: 'done' }
    }
  }

  async #exchange(request: OfKind<'exchange'>, from: string): Promise<Reply> {
    const reply = await this.#options.membership.serve(request)
    this.#options.onExchange(from)
    return reply
  }

  async #write(request: OfKind<'write'>): Promise<Reply> {
    const { membership, store } = this.#options
    if (!this.#isSameView(request.view)) return { kind: 'view-differs' }
    const wasCounted = membership.isCounted
    const results = request.records.map((signed) => this.#checked(signed))
    const taken = results.filter((one) => 'record' in one).map(({ record }) => record)
    const applied = await this.store(taken)
    // A node that joined meanwhile has fetched what was here; it may have missed these records.
    if (!this.#isSameView(request.view)) return { kind: 'view-differs' }
    return {
      kind: 'write',
      isCounted: wasCounted && membership.isCounted,
      isDurable: store.durability === 'disk',
      results: results.map((one) => ('record' in one ? (applied.shift() ?? FAILED) : one)),
    }
  }

  #checked(signed: SignedLeaf): { record: StampedRecord } | WriteResult {
    const { attester, membership, store, locks, self } = this.#options
    try {
      const record = attester.verify(signed)
      if (!membership.placement.isReplica(self, store.bucketOf(record.key)))
        return { outcome: 'refused' }
      return locks.isFree(record.key, record.opId) ? { record } : { outcome: 'locked' }
    } catch {
      return { outcome: 'refused' }
    }
  }

  /** Stores checked records. One outcome per record. */
  async store(records: readonly StampedRecord[]): Promise<WriteResult[]> {
    const { locks } = this.#options
    if (records.length === 0) return []
    const applied = await this.#apply(records)
    return applied.map((result, index): WriteResult => {
      const record = records[index]
      if (result === undefined || record === undefined) return FAILED
      if (typeof result === 'string') return { outcome: result }
      const next = locks.isNext(record.key, record.opId) ? { isNext: true } : {}
      if (result.outcome !== 'older') return { outcome: result.outcome, ...next }
      const held = this.#options.superseded.held(record.key, record.version, result.newest)
      return { outcome: 'newer', newest: result.newest, held, ...next }
    })
  }

  /** One sync for all of them; when one is refused, each for itself. */
  async #apply(
    records: readonly StampedRecord[],
  ): Promise<(Applied | 'refused' | 'failed' | undefined)[]> {
    try {
      return await this.#options.store.apply(records)
    } catch (error) {
      if (records.length === 1) return [isRefusal(error) ? 'refused' : 'failed']
      const one = (record: StampedRecord): ReturnType<Replica['store']> | Promise<unknown> =>
        this.#apply([record])
      const each = await Promise.all(records.map(one))
      return (each as (Applied | 'refused' | 'failed' | undefined)[][]).map(([only]) => only)
    }
  }

  async #read(request: OfKind<'read'>): Promise<Reply> {
    const { membership } = this.#options
    if (!this.#isSameView(request.view)) return { kind: 'view-differs' }
    const isCounted = membership.isCounted && request.items.every(({ key }) => this.#isReplica(key))
    const results: ReadResult[] = []
    let bytes = 0
    for (const item of request.items) {
      const isFull = bytes >= BATCH_BYTES_MAX
      const { version, record } = await this.#readOne(
        isFull ? { ...item, wantsValue: false } : item,
      )
      const more = record === undefined ? 0 : record.leaf.length + RECORD_OVERHEAD_BYTES
      // What does not fit is named without its value; the reader fetches it.
      const isLeftOut = bytes > 0 && bytes + more > BATCH_BYTES_MAX
      results.push({ version, record: isLeftOut ? undefined : record })
      if (!isLeftOut) bytes += more
    }
    return { kind: 'read', isCounted, results }
  }

  async #readOne({ key, wantsValue }: ReadItem): Promise<ReadResult> {
    const { store, attester } = this.#options
    if (!wantsValue) return { version: store.head(key)?.version, record: undefined }
    const found = await store.read(key)
    const [record] = found === undefined ? [] : attester.sign([found])
    return { version: found?.version, record }
  }

  #groups(request: OfKind<'groups'>): Reply {
    const { store } = this.#options
    const digests = bucketsIn(request.buckets).map((group) => digestOf(store, group))
    return { kind: 'digests', digests }
  }

  #buckets(request: OfKind<'buckets'>): Reply {
    const { store } = this.#options
    const [buckets = []] = bucketsIn(request.buckets, request.group)
    return { kind: 'digests', digests: buckets.map((bucket) => store.digest(bucket)) }
  }

  async #fetch(request: OfKind<'fetch'>): Promise<Reply> {
    const { store, attester } = this.#options
    const records: StampedRecord[] = []
    let bytes = 0
    for (const key of request.keys) {
      const found = await store.read(key)
      if (found === undefined) continue
      const more = messageBytesOf(found)
      if (records.length > 0 && bytes + more > BATCH_BYTES_MAX) break
      bytes += more
      records.push(found)
    }
    return { kind: 'records', records: attester.sign(records) }
  }

  #lock(request: OfKind<'lock'>): Reply {
    const { locks, membership, store } = this.#options
    if (!this.#isSameView(request.view)) return { kind: 'view-differs' }
    const { key, opId, ttlMs } = request
    const isGranted = this.#isReplica(key) && locks.take(key, opId, Math.min(ttlMs, LOCK_MS_MAX))
    const version: Version | undefined = store.head(key)?.version
    return { kind: 'lock', isCounted: membership.isCounted, isGranted, version }
  }

  #isReplica(key: string): boolean {
    const { self, membership, store } = this.#options
    return membership.placement.isReplica(self, store.bucketOf(key))
  }

  #isSameView(hash: Uint8Array): boolean {
    return equalBytes(hash, this.#options.membership.view.hash)
  }
}

const FAILED: WriteResult = { outcome: 'failed' }

const isRefusal = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === 'CLOCK_SKEW' || code === 'STORE_RECORD_INVALID'
}
