import { seededRandom, type Random } from '@bzzz/base'
import { waitFor } from '@bzzz/coordinator'
import { HTTP_PORT, nowMs, type ClusterNode } from '../cluster-node.js'
import type { Call } from '../history.js'
import { HttpSession } from './http-session.js'
import { perform } from './perform.js'
import { Planner, type CallPlan } from './plan.js'

export interface LoadOptions {
  readonly nodes: readonly ClusterNode[]
  /** Calls per second, all nodes together. */
  readonly perSecond: number
  readonly seed: number
  /** Begins every key and value, so that several loads can follow one another. */
  readonly name: string
}

/** How often the calls that have become due are made, milliseconds. */
const TICK_MS = 2

/**
 * Clients of all nodes that make their calls by the clock, whether or not earlier ones were answered: what a
 * stall delays counts with the wait, from when it was due.
 */
export class Load implements AsyncDisposable {
  readonly calls: Call[] = []
  readonly #options: LoadOptions
  readonly #sessions: ReadonlyMap<number, HttpSession>
  readonly #planner: Planner
  readonly #random: Random
  readonly #open = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #startedMs = 0
  #isEnding = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.#planner = new Planner(this.#random, options.name)
    this.#sessions = new Map(
      options.nodes.map((node) => [
        node.index,
        new HttpSession(node.host, HTTP_PORT, () => node.token),
      ]),
    )
  }

  start(): this {
    this.#startedMs = nowMs()
    this.#timer = setInterval(() => {
      this.#makeDue()
    }, TICK_MS)
    return this
  }

  /** Resolves when so many more calls have been made: a time under this load, in its own measure. */
  async pass(seconds: number): Promise<void> {
    const goal = this.calls.length + seconds * this.#options.perSecond
    await waitFor(`${seconds} s of load`, () => this.calls.length >= goal, {
      boundMs: 60_000 + 5_000 * seconds,
    })
  }

  /** Makes no more calls and waits for those that are open; retries end. */
  async stop(): Promise<readonly Call[]> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
    for (const session of this.#sessions.values()) session.close()
    return this.calls
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    await this.stop()
  }

  #makeDue(): void {
    const { nodes, perSecond } = this.#options
    const dueCount = ((nowMs() - this.#startedMs) / 1_000) * perSecond
    while (this.calls.length < dueCount) {
      const at = this.calls.length
      const node = nodes[at % nodes.length]?.index ?? 1
      this.#make(node, this.#planner.next(node), this.#startedMs + (at / perSecond) * 1_000)
    }
  }

  #make(node: number, plan: CallPlan, dueMs: number): void {
    const session = this.#sessions.get(node)
    if (session === undefined) throw new RangeError(`there is no node ${node}`)
    const call: Call = {
      ...plan,
      id: this.calls.length,
      node,
      dueMs,
      sentMs: nowMs(),
      endedMs: Infinity,
      outcome: 'unknown',
      tries: 0,
    }
    this.calls.push(call)
    const ended = perform(session, call, () => this.#isEnding).then(() => {
      this.#planner.learn(call)
      this.#open.delete(ended)
    })
    this.#open.add(ended)
  }
}
