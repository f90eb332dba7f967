import {
  codeOf,
  fromUtf8,
  pick,
  utf8,
  type Random,
  type StampedRecord,
  type Version,
} from '@bzzz/base'
import { signBatch, type Signer } from '@bzzz/crypto'
import type { DHTRecord, WriteOptions, WriteReceipt } from '@bzzz/dht-core'
import type { World } from '@bzzz/sim'
import { encodeLeaf } from '../src/wire/record-codec.js'
import { signerOf } from './cluster.js'
import type { History } from './history.js'
import type { Mesh, Process, Site } from './mesh.js'
import type { Operation } from './wgl.js'

export interface ClientsOptions {
  readonly mesh: Mesh
  readonly history: History
  readonly random: Random
  readonly keys: readonly string[]
  /** Longest pause of a client between two operations, milliseconds. */
  readonly pauseMs: number
  /** Deadlines that callers give their writes, milliseconds. */
  readonly timeoutsMs: readonly number[]
  /** Bytes of values, one drawn per write. */
  readonly valueBytes: readonly number[]
}

/** What somebody read: the version to expect, and the register's state that it stands for. */
interface Seen {
  readonly version: Version | null
  readonly state: string | null
}

/** A write that may be tried again under its operation id, on the process that began it. */
interface Attempt {
  readonly key: string
  readonly site: Site
  readonly process: Process
  readonly op: Operation
  readonly tryOnce: () => Promise<WriteReceipt>
  isRunning: boolean
  /** A try ended without an answer that says what became of it. */
  isUncertain: boolean
}

type Answer<T> = { readonly value: T } | { readonly code: string }

/** A caller gives up this long after its own deadline: the process died. */
const GRACE_MS = 4000

/** Codes of calls whose effect stays unknown. */
const OUTAGES = ['DHT_UNAVAILABLE', 'NOT_STARTED', 'STORE_FAILED', 'STORE_BUSY']

/** A writer that is no member: its records arrive by `apply` alone. */
const STRANGER = 200

/** Clients of a mesh that read, write, compare and set, delete, relay and try again. */
export class Clients {
  readonly #options: ClientsOptions
  readonly #world: World
  readonly #stranger: Signer = signerOf(STRANGER)
  readonly #seen = new Map<string, Seen[]>()
  readonly #attempts: Attempt[] = []
  #count = 0

  constructor(options: ClientsOptions) {
    this.#options = options
    this.#world = options.mesh.world
  }

  /** One client; resolves once it was told to stop and its last call has ended. */
  async run(isOver: () => boolean): Promise<void> {
    const { mesh, random, keys, pauseMs } = this.#options
    while (!isOver()) {
      const site = pick(random, mesh.sites)
      const key = pick(random, keys)
      await this.#pause(random.next() * pauseMs)
      if (site.process !== undefined) await this.#act(site, site.process, key)
    }
  }

  /** Reads every key once on every node. */
  async readAll(): Promise<void> {
    for (const site of this.#options.mesh.sites)
      if (site.process !== undefined)
        for (const key of this.#options.keys) await this.#read(site, site.process, key)
  }

  #act(site: Site, process: Process, key: string): Promise<void> {
    const { random } = this.#options
    const dice = random.next()
    if (dice < 0.4) return this.#read(site, process, key)
    if (dice < 0.6) return this.#put(site, process, key)
    if (dice < 0.8) return this.#compareAndSet(site, process, key)
    if (dice < 0.84) return this.#delete(site, process, key)
    if (dice < 0.87) return this.#applyStranger(site, process, key)
    if (dice < 0.9) return this.#relay(process, key)
    return this.#tryAgain()
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.clock.setTimer(resolve, delayMs)
    })
  }

  async #read(site: Site, { dht }: Process, key: string): Promise<void> {
    const { history } = this.#options
    const note = `at ${site.index}`
    const op = history.add(key, { kind: 'read', call: this.#world.nowMs, ret: Infinity, note })
    const answer = await this.#answer(dht.get(key), 1000)
    if (!('value' in answer)) return
    op.result = stateOf(answer.value)
    op.ret = this.#world.nowMs
    this.#saw(key, { version: answer.value?.version ?? null, state: op.result })
  }

  #put(site: Site, process: Process, key: string): Promise<void> {
    const { options, note } = this.#newOptions(site)
    const name = `${this.#count++}`
    const value = this.#valueOf(name)
    const op = this.#open(key, { kind: 'write', value: name, note })
    const tryOnce = (): Promise<WriteReceipt> => process.dht.put(key, value, options)
    return this.#begin({ key, site, process, op, tryOnce })
  }

  #delete(site: Site, process: Process, key: string): Promise<void> {
    const { options, note } = this.#newOptions(site)
    const op = this.#open(key, { kind: 'write', value: null, note })
    const tryOnce = (): Promise<WriteReceipt> => process.dht.delete(key, options)
    return this.#begin({ key, site, process, op, tryOnce })
  }

  /** From a version that somebody read: mostly the last one, sometimes one that is long gone. */
  #compareAndSet(site: Site, process: Process, key: string): Promise<void> {
    const { random } = this.#options
    const all = this.#seen.get(key) ?? [{ version: null, state: null }]
    const seen = (random.next() < 0.8 ? all.at(-1) : undefined) ?? pick(random, all)
    const { options, note } = this.#newOptions(site)
    const conditional = { ...options, expectedVersion: seen.version }
    const isDelete = random.next() < 0.1
    const name = isDelete ? null : `${this.#count++}`
    const op = this.#open(key, { kind: 'cas', value: name, expected: seen.state, note })
    const value = this.#valueOf(name ?? '')
    const tryOnce = (): Promise<WriteReceipt> =>
      isDelete ? process.dht.delete(key, conditional) : process.dht.put(key, value, conditional)
    return this.#begin({ key, site, process, op, tryOnce })
  }

  /** A record that is no member's, stamped a while ago. That it was applied promises no effect: it may be older. */
  async #applyStranger(site: Site, { dht }: Process, key: string): Promise<void> {
    const name = `${this.#count++}`
    const wallMs = this.#world.clock.nowMs() - this.#options.random.int(300)
    const plain: StampedRecord = {
      key,
      value: utf8(name),
      deleted: false,
      version: { wallMs, counter: this.#count, writer: this.#stranger.peerId },
      opId: `stranger ${name}`,
    }
    const [attestation] = signBatch(this.#stranger, [encodeLeaf(plain)])
    if (attestation === undefined) throw new Error('one record has one proof')
    this.#open(key, { kind: 'write', value: name, note: `applied at ${site.index}` })
    await this.#answer(dht.apply({ ...plain, attestation }), 1000)
  }

  /** Hands a record that one node holds to another, as one that synchronises by other means does. Idempotent. */
  async #relay({ dht }: Process, key: string): Promise<void> {
    const { mesh, random } = this.#options
    const from = pick(random, mesh.sites).process
    const found = await from?.store.read(key)
    if (
      found !== undefined &&
      (found.attestation !== undefined || found.version.writer === dht.peerId)
    )
      await this.#answer(dht.apply(found), 1000)
  }

  /** Most of the writes that have no answer yet; also one that has, which must change nothing. */
  async #tryAgain(): Promise<void> {
    const { random } = this.#options
    // 0009 and the store know an operation by its id on the node that stamped it, as long as it kept it.
    const can = this.#attempts.filter(
      ({ site, process, isRunning }) => site.process === process && !isRunning,
    )
    const open = can.filter(({ op }) => op.ret === Infinity)
    const list = open.length > 0 && random.next() < 0.8 ? open : can
    if (list.length > 0) await this.#try(pick(random, list))
  }

  async #begin(attempt: Omit<Attempt, 'isRunning' | 'isUncertain'>): Promise<void> {
    const whole: Attempt = { ...attempt, isRunning: false, isUncertain: false }
    this.#attempts.push(whole)
    if (this.#attempts.length > 20) this.#attempts.shift()
    await this.#try(whole)
  }

  async #try(attempt: Attempt): Promise<void> {
    const { op } = attempt
    attempt.isRunning = true
    const answer = await this.#answer(attempt.tryOnce(), Math.max(...this.#options.timeoutsMs))
    attempt.isRunning = false
    const nowMs = this.#world.nowMs
    if ('value' in answer) {
      const { outcome, version } = answer.value
      op.note += ` ${outcome}@${nowMs.toFixed(0)}`
      if (outcome === 'pending') attempt.isUncertain = true
      else this.#acknowledged(attempt, version)
      return
    }
    op.note += ` ${answer.code}@${nowMs.toFixed(0)}`
    if (answer.code === 'DHT_CONFLICT') this.#refused(attempt)
    else if (answer.code === 'DHT_UNAVAILABLE' && op.kind === 'cas' && !attempt.isUncertain)
      this.#withdraw(attempt)
    else attempt.isUncertain = true
  }

  #acknowledged({ key, op }: Attempt, version: Version): void {
    if (op.kind === 'differs') throw new Error(`${key}: ${op.note}: it was refused before`)
    if (op.ret !== Infinity) return
    op.ret = this.#world.nowMs
    // What a tombstone's version stands for is told apart from absence by no read.
    if (op.value !== null && op.value !== undefined) this.#saw(key, { version, state: op.value })
  }

  /** A definite no: it had no effect, and at some moment since the call the state was another one. */
  #refused(attempt: Attempt): void {
    const { key, op } = attempt
    if (op.kind === 'cas' && op.ret !== Infinity)
      throw new Error(`${key}: ${op.note}: it was acknowledged before`)
    op.kind = 'differs'
    op.ret = this.#world.nowMs
    this.#forget(attempt)
  }

  /** `DHT_UNAVAILABLE` of a conditional write: nothing is written, so no read may ever return it. */
  #withdraw(attempt: Attempt): void {
    const { key, op } = attempt
    const list = this.#options.history.operations.get(key)
    list?.splice(list.indexOf(op), 1)
    this.#forget(attempt)
  }

  #forget(attempt: Attempt): void {
    const index = this.#attempts.indexOf(attempt)
    if (index >= 0) this.#attempts.splice(index, 1)
  }

  #open(key: string, operation: Omit<Operation, 'call' | 'ret'>): Operation {
    const { history } = this.#options
    return history.add(key, { ...operation, call: this.#world.nowMs, ret: Infinity })
  }

  #saw(key: string, seen: Seen): void {
    const list = this.#seen.get(key) ?? []
    this.#seen.set(key, list)
    list.push(seen)
    if (list.length > 5) list.shift()
  }

  #newOptions(site: Site): { options: WriteOptions; note: string } {
    const timeoutMs = pick(this.#options.random, this.#options.timeoutsMs)
    const opId = `op ${this.#count++}`
    return { options: { opId, timeoutMs }, note: `at ${site.index} in ${timeoutMs}` }
  }

  /** The name, filled up to a size that is drawn. */
  #valueOf(name: string): Uint8Array {
    const head = utf8(name)
    const bytes = new Uint8Array(
      Math.max(head.length, pick(this.#options.random, this.#options.valueBytes)),
    )
    bytes.set(head)
    return bytes
  }

  #answer<T>(work: Promise<T>, boundMs: number): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const cancel = this.#world.clock.setTimer(() => {
        resolve({ code: 'no answer' })
      }, boundMs + GRACE_MS)
      work.then(
        (value) => {
          cancel()
          resolve({ value })
        },
        (error: unknown) => {
          cancel()
          const code = codeOf(error) ?? ''
          if (OUTAGES.includes(code) || code === 'DHT_CONFLICT') resolve({ code })
          else reject(error)
        },
      )
    })
  }
}

const stateOf = (record: DHTRecord | undefined): string | null => {
  if (record === undefined) return null
  const end = record.value.indexOf(0)
  return fromUtf8(end < 0 ? record.value : record.value.subarray(0, end))
}
