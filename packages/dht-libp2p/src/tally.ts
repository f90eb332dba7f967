import { quorumOf, type Version } from '@bzzz/base'
import type { WriteResult } from './wire/reply.js'

/**
 * - `open`: wait for further answers.
 * - `reached`: the level is reached.
 * - `restamp`: this stamp can never be the newest that a quorum holds; stamp above `above`.
 */
export type TallyState =
  | { readonly kind: 'open' }
  | { readonly kind: 'reached' }
  | { readonly kind: 'restamp'; readonly above: Version }

const OPEN: TallyState = { kind: 'open' }
const REACHED: TallyState = { kind: 'reached' }

/**
 * Counts the answers to one stamp of one write. Pure: the decision alone.
 *
 * A stamp may only be given up when so many replicas refused it without ever having held it that
 * no quorum holds it, held it, or will hold it: else a reader may have seen it, and a second stamp
 * would let one write take effect twice. A replica that held it and then took a newer one counts
 * as one that holds it: the newer write came after.
 */
export class Tally {
  readonly #replicas: number
  readonly #need: number
  /** Replicas that hold the stamp, or held it: counted ones. */
  readonly #took = new Set<string>()
  readonly #never = new Set<string>()
  #above: Version | undefined

  /** @param need replicas that the level asks for */
  constructor(replicas: number, need: number) {
    this.#replicas = replicas
    this.#need = need
  }

  /** This node itself holds the write. */
  holds(peer: string): void {
    this.#never.delete(peer)
    this.#took.add(peer)
  }

  note(peer: string, result: WriteResult): void {
    if (result.outcome === 'stored' || result.outcome === 'known') this.holds(peer)
    if (result.outcome !== 'newer') return
    if (this.#above === undefined || isAfter(result.newest, this.#above))
      this.#above = result.newest
    if (result.held === 'before') this.holds(peer)
    else if (result.held === 'never' && !this.#took.has(peer)) this.#never.add(peer)
  }

  /** The newest version that refused this stamp. */
  get above(): Version | undefined {
    return this.#above
  }

  get state(): TallyState {
    const quorum = quorumOf(this.#replicas)
    // Once a quorum holds the stamp, a replica with a newer one holds what came after it.
    const isChosen = this.#took.size >= quorum
    const held = isChosen ? this.#took.size + this.#never.size : this.#took.size
    if (held >= this.#need) return REACHED
    if (this.#above !== undefined && this.#never.size > this.#replicas - quorum)
      return { kind: 'restamp', above: this.#above }
    return OPEN
  }
}

const isAfter = (a: Version, b: Version): boolean =>
  a.wallMs !== b.wallMs
    ? a.wallMs > b.wallMs
    : a.counter !== b.counter
      ? a.counter > b.counter
      : a.writer > b.writer
