/** Something that happens at one instant of simulated time. */
export interface SimEvent {
  readonly dueMs: number
  /** Breaks ties: events of one instant happen in the order in which they were planned. */
  readonly order: number
  readonly label: string
  /** Counts as work in flight: `settle` waits for it. */
  readonly isForeground: boolean
  /** Undefined once the event was cancelled. */
  callback: (() => void) | undefined
}

const isBefore = (a: SimEvent, b: SimEvent): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

/** A binary heap of events, the earliest first. */
export class EventHeap {
  readonly #events: SimEvent[] = []

  get size(): number {
    return this.#events.length
  }

  peek(): SimEvent | undefined {
    return this.#events[0]
  }

  push(event: SimEvent): void {
    const events = this.#events
    let at = events.length
    events.push(event)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = events[parentAt] as SimEvent
      if (isBefore(parent, event)) break
      events[at] = parent
      at = parentAt
    }
    events[at] = event
  }

  pop(): SimEvent | undefined {
    const events = this.#events
    const first = events[0]
    const last = events.pop()
    if (first === undefined || last === undefined || events.length === 0) return first
    let at = 0
    for (;;) {
      const left = events[2 * at + 1]
      const right = events[2 * at + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (isBefore(last, child)) break
      events[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    events[at] = last
    return first
  }
}
