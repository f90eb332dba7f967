import type { Random } from '@bzzz/base'

/** One direction between two peers. */
export interface LinkModel {
  /** One-way time of most messages, milliseconds: uniform between the two. Default 0.2 to 0.6. */
  readonly latencyMinMs: number
  readonly latencyMaxMs: number
  /** Share of messages that take up to {@link slowMaxMs} instead. Default 0. */
  readonly slowProbability: number
  /** Default 50. */
  readonly slowMaxMs: number
  /** Share of messages that never arrive. Default 0. */
  readonly lossProbability: number
  /** Share of messages that arrive twice. Default 0. */
  readonly duplicateProbability: number
  /** Deliver in the order of sending, as one stream does. Default false: latencies reorder. */
  readonly isOrdered: boolean
}

/** A quiet LAN. */
export const DEFAULT_LINK: LinkModel = {
  latencyMinMs: 0.2,
  latencyMaxMs: 0.6,
  slowProbability: 0,
  slowMaxMs: 50,
  lossProbability: 0,
  duplicateProbability: 0,
  isOrdered: false,
}

/** What befalls messages of one direction between two peers. */
export class Link {
  model: LinkModel
  /** One-way partition: nothing passes, neither now nor what is under way. */
  isCut = false
  #lastArrivalMs = 0

  constructor(model: LinkModel) {
    this.model = model
  }

  /** When each copy of a message arrives, counted from now; empty when it is lost. */
  delaysMs(random: Random, nowMs: number): number[] {
    const { lossProbability, duplicateProbability } = this.model
    if (this.isCut || (lossProbability > 0 && random.next() < lossProbability)) return []
    const first = this.#delayMs(random, nowMs)
    if (duplicateProbability === 0 || random.next() >= duplicateProbability) return [first]
    return [first, this.#delayMs(random, nowMs)]
  }

  #delayMs(random: Random, nowMs: number): number {
    const { latencyMinMs, latencyMaxMs, slowProbability, slowMaxMs, isOrdered } = this.model
    const isSlow = slowProbability > 0 && random.next() < slowProbability
    const highest = isSlow ? Math.max(slowMaxMs, latencyMaxMs) : latencyMaxMs
    const spread = highest - latencyMinMs
    const delayMs = latencyMinMs + (spread > 0 ? random.next() * spread : 0)
    if (!isOrdered) return delayMs
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + delayMs)
    return this.#lastArrivalMs - nowMs
  }

  /** The usual round-trip share of this direction. */
  get meanMs(): number {
    return (this.model.latencyMinMs + this.model.latencyMaxMs) / 2
  }
}
