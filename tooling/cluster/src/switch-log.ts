import type { ItemOf } from '@bzzz/api'
import { delay, systemClock, type Mode } from '@bzzz/base'
import { nowMs, type ClusterNode } from './cluster-node.js'
import { Operator } from './operator.js'

export type SwitchItem = ItemOf<'switches'>

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A change of mode is in force within this time of its event. */
const WITHIN_MS = 100

/** Before the stream of a node that is not there is asked for again. */
const AGAIN_MS = 100

/** Everything that one node tells about its switches, over its restarts. */
export class SwitchLog implements AsyncDisposable {
  readonly items: SwitchItem[] = []
  /** Each mode with the time at which it began; the first began before everything. */
  readonly #modes: { readonly mode: Mode; readonly atMs: number }[] = []
  #lastEventId: string | undefined
  readonly #ending = new AbortController()
  readonly #following: Promise<void>

  constructor(node: ClusterNode) {
    this.#following = this.#follow(new Operator(node))
  }

  /** When another side began to serve, wall milliseconds; undefined when it has not since. */
  switchedAfter(side: 'real' | 'store', sinceMs: number): number | undefined {
    return this.#switches().find(({ to, atMs }) => to === side && atMs >= sinceMs)?.atMs
  }

  /** Times in which the store served for real. */
  storeServed(): readonly Span[] {
    const switches = this.#switches()
    return switches.flatMap(({ to, atMs }, index) =>
      to === 'store' ? [{ fromMs: atMs, toMs: switches[index + 1]?.atMs ?? Infinity }] : [],
    )
  }

  /** Times in a mode. */
  inMode(mode: Mode): readonly Span[] {
    return this.#modes.flatMap((seen, index) => {
      const until = this.#modes[index + 1]?.atMs ?? Infinity
      if (seen.mode !== mode) return []
      return [{ fromMs: seen.atMs - WITHIN_MS, toMs: until + WITHIN_MS }]
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  #switches(): { readonly to: 'real' | 'store'; readonly atMs: number }[] {
    return this.items.flatMap((item) =>
      item.kind === 'backend-switched' ? [{ to: item.to, atMs: Date.parse(item.at) }] : [],
    )
  }

  async #follow(operator: Operator): Promise<void> {
    // Nothing is answered between the end of a stream, with its process, and the start of the next one.
    let sinceMs = 0
    while (!this.#ending.signal.aborted) {
      try {
        const { mode } = await operator.row()
        this.#modes.push({ mode, atMs: sinceMs })
        sinceMs = await this.#watch(operator)
      } catch {
        // It does not run.
      }
      if (!this.#ending.signal.aborted) await delay(systemClock, AGAIN_MS)
    }
  }

  /** Resolves with the time at which the stream ended. */
  async #watch(operator: Operator): Promise<number> {
    const { signal } = this.#ending
    const lastEventId = this.#lastEventId
    const options = lastEventId === undefined ? { signal } : { signal, lastEventId }
    try {
      for await (const { id, item } of operator.client.watch('switches', options)) {
        this.#lastEventId = id
        this.#add(item)
      }
    } catch {
      // It was killed, or the log ends.
    }
    return nowMs()
  }

  #add(item: SwitchItem): void {
    this.items.push(item)
    if (item.kind === 'mode-changed')
      this.#modes.push({ mode: item.to.mode, atMs: Date.parse(item.at) })
  }
}
