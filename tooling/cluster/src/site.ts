import { waitFor } from '@bzzz/coordinator'
import { failedCalls, historyProblems, isExpected, promisedCalls } from './check/judge.js'
import type { ClusterNode, Outage } from './cluster-node.js'
import { Cluster, type ClusterOptions } from './cluster.js'
import { readFinals } from './finals.js'
import { byKey, describeCall, type Call } from './history.js'
import { Operator } from './operator.js'
import { SwitchLog, type Span } from './switch-log.js'

/** Milliseconds in which everything that waits for a machine is expected to come about, however busy it is. */
const PATIENCE_MS = 60_000

const isWithin = (spans: readonly Span[] = [], { sentMs, endedMs }: Call): boolean =>
  spans.some(({ fromMs, toMs }) => sentMs <= toMs && fromMs <= endedMs)

/** A cluster with its operator, who writes down every switch. */
export class Site implements AsyncDisposable {
  readonly cluster: Cluster
  readonly #operators: readonly Operator[]
  readonly #logs: readonly SwitchLog[]

  private constructor(cluster: Cluster) {
    this.cluster = cluster
    this.#operators = cluster.nodes.map((node) => new Operator(node))
    this.#logs = cluster.nodes.map((node) => new SwitchLog(node))
  }

  static async start(options: ClusterOptions): Promise<Site> {
    return new Site(await Cluster.start(options))
  }

  get nodes(): readonly ClusterNode[] {
    return this.cluster.nodes
  }

  operator(index: number): Operator {
    const operator = this.#operators[index - 1]
    if (operator === undefined) throw new RangeError(`there is no node ${index}`)
    return operator
  }

  log(index: number): SwitchLog {
    const log = this.#logs[index - 1]
    if (log === undefined) throw new RangeError(`there is no node ${index}`)
    return log
  }

  /**
   * Until all know each other, real serves everywhere and no record waits.
   * @param waitingMax under load some always do, for a moment
   */
  async calm(waitingMax = 0): Promise<void> {
    const others = this.nodes.length - 1
    await Promise.all(
      this.nodes.map(async ({ index }) => {
        const operator = this.operator(index)
        await waitFor(
          `node ${index} knows all others`,
          async () => (await operator.connectedPeers()) === others,
          { boundMs: PATIENCE_MS },
        )
        await operator.serves('real', PATIENCE_MS)
        await operator.drained(PATIENCE_MS, waitingMax)
      }),
    )
  }

  /** Outages, and the times in a mode without fallback. */
  outagesOf(index: number): readonly Outage[] {
    const unaided = this.log(index)
      .inMode('real')
      .map((span): Outage => ({ kind: 'no fallback', ...span }))
    return [...this.cluster.node(index).outages, ...unaided]
  }

  /** Milliseconds that the promised calls of these times took, from when they were due, on nodes that ran. */
  waits(calls: readonly Call[], spansOf: (node: number) => readonly Span[]): number[] {
    const outages = new Map(this.nodes.map(({ index }) => [index, this.outagesOf(index)]))
    const spans = new Map(this.nodes.map(({ index }) => [index, spansOf(index)]))
    const isMeant = ({ node, dueMs }: Call): boolean =>
      (spans.get(node) ?? []).some(({ fromMs, toMs }) => fromMs <= dueMs && dueMs < toMs)
    return promisedCalls(calls)
      .filter(isMeant)
      .filter((call) => isExpected(call, outages.get(call.node) ?? []))
      .map(({ dueMs, endedMs }) => endedMs - dueMs)
  }

  /** Promised calls that failed, from the given one on. */
  failures(calls: readonly Call[], first: number): string[] {
    return failedCalls(calls, (node) => this.outagesOf(node))
      .filter(({ id }) => id >= first)
      .map(describeCall)
  }

  /** Reads everything in the end and judges the whole history. Nothing may be down any more. */
  async judge(history: readonly Call[]): Promise<string[]> {
    const calls = this.#asPromised(history)
    const keys = byKey(calls)
    const single: string[][] = this.nodes.map(() => [])
    const common: string[] = []
    let at = 0
    for (const [key, [first]] of keys)
      if (first?.keyClass === 'once') single[at++ % single.length]?.push(key)
      else common.push(key)
    const told = [await readFinals(this.nodes, common)]
    // Keys that are written once are many: each is asked of one node, in turns.
    told.push(
      ...(await Promise.all(
        this.nodes.map((node, index) => readFinals([node], single[index] ?? [])),
      )),
    )
    const finals = new Map(told.flatMap(({ values }) => [...values]))
    const circumstances = { finals, outagesOf: (node: number) => this.outagesOf(node) }
    return [...told.flatMap(({ problems }) => problems), ...historyProblems(calls, circumstances)]
  }

  /**
   * Calls as far as they promise anything. A node in mode mock has left the mesh and is the quorum of its own: what
   * it is asked is local. A write that a full disk refused may have reached peers before.
   */
  #asPromised(calls: readonly Call[]): Call[] {
    const alone = new Map(this.nodes.map(({ index }) => [index, this.log(index).inMode('mock')]))
    const full = new Map(
      this.nodes.map(({ index, outages }) => [
        index,
        outages.filter(({ kind }) => kind === 'disk full'),
      ]),
    )
    return calls.map((call) => {
      const isLocal = call.level === 'quorum' && isWithin(alone.get(call.node), call)
      const isUnknown = call.outcome === 'unavailable' && isWithin(full.get(call.node), call)
      return {
        ...call,
        ...(isLocal && { level: 'local' }),
        ...(isUnknown && { outcome: 'unknown' }),
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#logs.map((log) => log[Symbol.asyncDispose]()))
    await this.cluster[Symbol.asyncDispose]()
  }
}
