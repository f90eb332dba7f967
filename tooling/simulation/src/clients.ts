import {
  codeOf,
  delay,
  fromUtf8,
  newOperationId,
  pick,
  utf8,
  type Acknowledgement,
  type Level,
  type Random,
  type Version,
} from '@bzzz/base'
import type { DHTRecord } from '@bzzz/dht-core'
import type { World } from '@bzzz/sim'
import { isKept, isWrite, type Call, type History, type Kind } from './history.js'
import { whileAlive, type Process, type Site } from './site.js'
import type { States } from './states.js'

/** Used at quorums only, by every node. */
export const QUORUM_KEYS = ['quorum/0', 'quorum/1']

/** Used at every level by every node. */
export const SHARED_KEYS = ['shared/0', 'shared/1']

const ownKeyOf = (node: number): string => `own/${node}`

export interface ClientOptions {
  readonly world: World
  readonly history: History
  readonly site: Site
  readonly random: Random
  readonly states: States
  readonly pauseMs: number
  /** Waits that it allows, milliseconds; 0 leaves it to the hybrid. Default: 0, 100 or 400. */
  readonly timeoutsMs?: readonly number[]
}

/** A client gives up a try after this long; one operation is tried so often. */
const TRY_MS = 800
const TRIES_MAX = 4

/** Added to the number of a node that runs from an old copy of its disk. */
const ZOMBIE = 1000

const TIMEOUTS_MS = [0, 100, 400]

interface Wish {
  readonly kind: Kind
  readonly key: string
  readonly level: Level | undefined
  readonly allowStale?: boolean
}

/** What a call may answer with, or why it ended without. */
type Answer =
  | { readonly kind: 'found'; readonly record: DHTRecord | undefined }
  | { readonly kind: 'receipt'; readonly receipt: Acknowledgement }
  | { readonly kind: 'error'; readonly code: string }

/** A client of one node: reads and writes, and tries again what failed. */
export class Client {
  readonly #options: ClientOptions
  /** What this client read last, by key. */
  readonly #read = new Map<string, { version: Version; value: string } | null>()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  async run(isOver: () => boolean): Promise<void> {
    const { world, random, pauseMs } = this.#options
    while (!isOver()) {
      await delay(world.clock, random.next() * pauseMs)
      const call = await this.call(this.#wish(), isOver)
      // Who has just written looks whether it is there.
      if (isWrite(call) && isKept(call) && random.next() < 0.3)
        await this.call({ kind: 'get', key: call.key, level: call.level && 'quorum' }, isOver)
    }
  }

  /**
   * Works at quorums with a process that was started from an old copy of the disk, and whose disk is
   * thrown away: what it promises alone is worth nothing.
   */
  async runAs(zombie: Process, isOver: () => boolean): Promise<void> {
    const { world, random, pauseMs } = this.#options
    while (!isOver()) {
      const call = await this.call(this.#quorumWish(), isOver, zombie)
      if (call.outcome === 'pending') call.outcome = 'open'
      await delay(world.clock, random.next() * pauseMs)
    }
  }

  /** Reads a key at a quorum. */
  readAll(keys: readonly string[]): Promise<unknown> {
    return Promise.all(
      keys.map((key) => this.call({ kind: 'get', key, level: 'quorum' }, () => false)),
    )
  }

  async call(wish: Wish, isOver: () => boolean, zombie?: Process): Promise<Call> {
    const { world, history, site, random, timeoutsMs = TIMEOUTS_MS } = this.#options
    const opId = newOperationId(random)
    const condition = wish.kind === 'swap' ? (this.#read.get(wish.key) ?? null) : undefined
    const call = history.begin({
      ...wish,
      node: zombie === undefined ? site.index : ZOMBIE + site.index,
      opId,
      value: wish.kind === 'delete' || wish.kind === 'get' ? null : `v${history.calls.length}`,
      ...(condition === undefined ? {} : { expected: condition?.value ?? null }),
      startMs: world.nowMs,
    })
    const timeoutMs = pick(random, timeoutsMs)
    const staysBefore = site.stays
    for (;;) {
      const process = zombie ?? site.process
      if (process !== undefined) {
        call.tries++
        const answer = await this.#try(process, call, condition?.version ?? null, timeoutMs)
        if (site.isAway || site.stays !== staysBefore) {
          call.isAlone = true
          call.leftMs = site.stays - staysBefore > 1 ? 0 : site.leftMs
        }
        if (answer !== undefined && this.#take(call, answer, process)) break
      }
      if (call.tries >= TRIES_MAX || isOver() || call.kind === 'get') break
      await delay(world.clock, 20 + random.next() * 100)
    }
    this.#note(call)
    return call
  }

  /** Undefined when the process died, or answered too late. */
  #try(
    process: Process,
    call: Call,
    expected: Version | null,
    timeoutMs: number,
  ): Promise<Answer | undefined> {
    const { world } = this.#options
    const late = delay(world.clock, TRY_MS).then(() => undefined)
    const made = this.#make(process, call, expected, timeoutMs).catch((error: unknown): Answer => ({
      kind: 'error',
      code: codeOf(error) ?? String(error),
    }))
    return Promise.race([whileAlive(process.gate, made), late])
  }

  async #make(
    { dht }: Process,
    call: Call,
    expectedVersion: Version | null,
    timeoutMs: number,
  ): Promise<Answer> {
    const { kind, key, level, opId, allowStale } = call
    const options = { ...(level && { level }), ...(timeoutMs > 0 && { timeoutMs }) }
    if (kind === 'get')
      return {
        kind: 'found',
        record: await dht.get(key, { ...options, ...(allowStale && { allowStale }) }),
      }
    if (kind === 'delete')
      return { kind: 'receipt', receipt: await dht.delete(key, { ...options, opId }) }
    const condition = kind === 'swap' ? { expectedVersion } : {}
    const value = utf8(call.value ?? '')
    return {
      kind: 'receipt',
      receipt: await dht.put(key, value, { ...options, ...condition, opId }),
    }
  }

  /** True when the call is over. */
  #take(call: Call, answer: Answer, { boot }: Process): boolean {
    const { world } = this.#options
    call.endMs = world.nowMs
    call.boot = boot
    if (answer.kind === 'found') {
      const { record } = answer
      call.outcome = 'answered'
      call.found = record === undefined ? null : fromUtf8(record.value)
      call.version = record?.version
      this.#read.set(
        call.key,
        record === undefined ? null : { version: record.version, value: call.found ?? '' },
      )
      return true
    }
    if (answer.kind === 'receipt') {
      const { outcome, level, version } = answer.receipt
      call.outcome = outcome
      call.version = version
      call.reached = level
      return outcome === 'acknowledged'
    }
    return this.#failed(call, answer.code)
  }

  #failed(call: Call, code: string): boolean {
    const { states, world } = this.#options
    call.problem = code
    if (call.kind === 'get') {
      call.outcome = 'unavailable'
      if (!READ_CODES.has(code)) world.fail(new Error(`a read ended with ${code}`))
      return true
    }
    if (call.outcome !== 'pending') call.endMs = Infinity
    if (code === 'DHT_CONFLICT') {
      call.outcome = 'conflict'
      call.endMs = world.nowMs
      return true
    }
    states('the disk was full for a write', code === 'STORE_FULL')
    states('a write failed with its disk', code === 'STORE_FAILED')
    if (!WRITE_CODES.has(code)) world.fail(new Error(`a write ended with ${code}`))
    return false
  }

  #note({ kind, outcome, level, reached, tries, found }: Call): void {
    const { states } = this.#options
    const isDone = outcome === 'acknowledged'
    states('a default write was acknowledged by a quorum', isDone && !level && reached === 'quorum')
    states('a default write fell back to the store', isDone && !level && reached === 'local')
    states('a write was left pending', outcome === 'pending')
    states('a write was acknowledged at a later try', isDone && tries > 1)
    states('a condition held', isDone && kind === 'swap')
    states('a condition did not hold', outcome === 'conflict')
    states('a read was unavailable', outcome === 'unavailable')
    states('a read told of absence', found === null)
  }

  #wish(): Wish {
    const { random, site } = this.#options
    const dice = random.next()
    if (dice < 0.4) return this.#quorumWish()
    const key = dice < 0.85 ? pick(random, SHARED_KEYS) : ownKeyOf(site.index)
    const level = random.next() < 0.2 ? 'local' : undefined
    const action = random.next()
    if (action < 0.42) return { kind: 'put', key, level }
    if (action < 0.47) return { kind: 'delete', key: SHARED_KEYS[0] ?? key, level }
    if (action < 0.5) return { kind: 'swap', key, level: 'local' }
    if (action < 0.55) return { kind: 'get', key, level, allowStale: true }
    return { kind: 'get', key, level }
  }

  #quorumWish(): Wish {
    const { random } = this.#options
    const key = pick(random, QUORUM_KEYS)
    const action = random.next()
    const kind = action < 0.4 ? 'put' : action < 0.45 ? 'delete' : action < 0.57 ? 'swap' : 'get'
    return { kind, key, level: 'quorum' }
  }
}

const READ_CODES = new Set(['DHT_UNAVAILABLE', 'NOT_STARTED', 'STORE_DAMAGED'])

const WRITE_CODES = new Set([
  'DHT_UNAVAILABLE',
  'STORE_FULL',
  'STORE_FAILED',
  'STORE_BUSY',
  'CLOCK_SKEW',
  'CLOCK_EXHAUSTED',
  'NOT_STARTED',
])
