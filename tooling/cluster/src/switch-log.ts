import type { ItemOf } from '@bzzz/api'
import { delay, systemClock, type Mode } from '@bzzz/base'
import type { ClusterNode } from './cluster-node.js'
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

  /** Times in a mode, which began in another. */
  inMode(mode: Mode): readonly Span[] {
    const changes = this.items.flatMap((item) => (item.kind === 'mode-changed' ? [item] : []))
    return changes.flatMap(({ to, at }, index) => {
      const until = changes[index + 1]?.at
      const toMs = until === undefined ? Infinity : Date.parse(until) + WITHIN_MS
      return to.mode === mode ? [{ fromMs: Date.parse(at) - WITHIN_MS, toMs }] : []
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
    const { signal } = this.#ending
    let lastEventId: string | undefined
    while (!signal.aborted) {
      try {
        const options = lastEventId === undefined ? { signal } : { signal, lastEventId }
        for await (const { id, item } of operator.client.watch('switches', options)) {
          lastEventId = id
          this.items.push(item)
        }
      } catch {
        // It was killed, or the log ends.
      }
      if (!signal.aborted) await delay(systemClock, AGAIN_MS)
    }
  }
}
