import type { Unsubscribe } from '@bzzz/base'
import type { Switchable } from './hybrid.js'
import { methodOf, type SubscribeRow } from './rows.js'

/** Ids of events that are remembered, so that the other side's copy is dropped. */
const IDS_MAX = 8_192

/** The ids of the newest events of one subscription. */
class SeenIds {
  #newer = new Set<string>()
  #older = new Set<string>()

  /** True when the id is new. */
  add(id: string): boolean {
    if (this.#newer.has(id) || this.#older.has(id)) return false
    this.#newer.add(id)
    if (this.#newer.size >= IDS_MAX / 2) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    return true
  }
}

class Subscription {
  readonly op: string
  readonly listen: (event: unknown) => void
  offMock: Unsubscribe = () => {}
  offReal: Unsubscribe = () => {}

  constructor(
    op: string,
    row: SubscribeRow,
    isHidden: (key: string) => boolean,
    listener: (event: unknown) => void,
  ) {
    this.op = op
    const seen = new SeenIds()
    this.listen = (event) => {
      if (row.key !== undefined && isHidden(row.key(event))) return
      if (seen.add(row.id(event))) listener(event)
    }
  }
}

/**
 * Subscriptions outlive switches: each is attached to both sides, and an event that both tell is told
 * once. The store tells everything that it takes, so nothing is missed while real is away.
 */
export class Subscriptions<I extends Switchable> {
  readonly #mock: I
  readonly #isHidden: (key: string) => boolean
  readonly #open = new Set<Subscription>()
  #real: I | undefined

  /** @param isHidden keys whose events are told to nobody */
  constructor(mock: I, isHidden: (key: string) => boolean) {
    this.#mock = mock
    this.#isHidden = isHidden
  }

  add(op: string, row: SubscribeRow, listener: (event: unknown) => void): Unsubscribe {
    const subscription = new Subscription(op, row, this.#isHidden, listener)
    subscription.offMock = subscribe(this.#mock, subscription)
    if (this.#real !== undefined) subscription.offReal = subscribe(this.#real, subscription)
    this.#open.add(subscription)
    return () => {
      this.#open.delete(subscription)
      subscription.offMock()
      subscription.offReal()
    }
  }

  /** A real side has started. */
  attach(real: I): void {
    this.#real = real
    for (const subscription of this.#open) subscription.offReal = subscribe(real, subscription)
  }

  /** The real side is about to stop. */
  detach(): void {
    this.#real = undefined
    for (const subscription of this.#open) {
      subscription.offReal()
      subscription.offReal = () => {}
    }
  }

  clear(): void {
    this.detach()
    for (const subscription of this.#open) subscription.offMock()
    this.#open.clear()
  }
}

const subscribe = (side: object, { op, listen }: Subscription): Unsubscribe =>
  methodOf(side, op)(listen) as Unsubscribe
