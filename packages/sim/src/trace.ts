import { utf8 } from '@bzzz/base'

/** Enough to see what led to a failure; a message that prints more is not read. */
export const TRACE_TAIL_MAX = 40

const PRIME = 0x01000193
const MIX = 0x9e3779b1

/** FNV-1a over the text's code units. */
export const hashText = (text: string, start = 0x811c9dc5): number => {
  let hash = start
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME)
  return hash
}

/** What happened, in order: a running hash of everything, and the last lines as text. */
export class Trace {
  #low = 0x811c9dc5
  #high = 0x2545f491
  #count = 0
  readonly #tail: (readonly [atMs: number, what: string])[] = []

  add(atMs: number, what: string): void {
    // Microseconds, so that fractions of latencies count as well.
    const stamp = Math.round(atMs * 1000)
    this.#low = Math.imul(hashText(what, this.#low) ^ stamp, MIX)
    this.#high = Math.imul(this.#high ^ this.#low, PRIME) ^ Math.trunc(stamp / 0x1_0000_0000)
    this.#tail[this.#count++ % TRACE_TAIL_MAX] = [atMs, what]
  }

  /** Things that happened so far. */
  get count(): number {
    return this.#count
  }

  /** Equal for two runs in which the same things happened at the same times. 16 hex digits. */
  get hash(): string {
    return [this.#high, this.#low]
      .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
      .join('')
  }

  /** The last things that happened, oldest first. */
  tail(): string[] {
    const from = Math.max(0, this.#count - TRACE_TAIL_MAX)
    return Array.from({ length: this.#count - from }, (_, i) => {
      const [atMs, what] = this.#tail[(from + i) % TRACE_TAIL_MAX] ?? [0, '']
      return `${atMs.toFixed(3)} ${what}`
    })
  }
}

/** A stable number from a seed and a name, for independent streams of randomness. */
export const mixSeed = (seed: number, name: string): number => {
  let hash = hashText(name, Math.imul(seed ^ 0x5bd1e995, MIX))
  for (const byte of utf8(name)) hash = Math.imul(hash ^ (hash >>> 15) ^ byte, MIX)
  return hash ^ (hash >>> 13)
}
