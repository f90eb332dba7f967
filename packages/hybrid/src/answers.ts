import { compareVersions, type Version } from '@bzzz/base'

export interface Kept {
  readonly answer: unknown
  readonly version: Version
  readonly bytes: number
  /** A quorum held it. */
  readonly isAgreed: boolean
  /** Wall milliseconds from which on it must not be shown. */
  readonly expiresAtMs: number | undefined
}

/**
 * The newest answers of real for keys that this node does not hold, by least recent use. They serve
 * when real is away, and keep reads from going back behind what was shown.
 */
export class Answers {
  readonly #bytesMax: number
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#kept.size
  }

  /** @param name the method and its key */
  keep(name: string, kept: Kept): void {
    const known = this.#kept.get(name)
    if (known !== undefined) {
      const order = compareVersions(known.version, kept.version)
      if (order > 0 || (order === 0 && (known.isAgreed || !kept.isAgreed))) return
      this.forget(name)
    }
    if (kept.bytes > this.#bytesMax / 16) return
    this.#kept.set(name, kept)
    this.#bytes += kept.bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.forget(oldest)
    }
  }

  get(name: string): Kept | undefined {
    const kept = this.#kept.get(name)
    if (kept === undefined) return undefined
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    return kept
  }

  forget(name: string): void {
    const kept = this.#kept.get(name)
    if (kept === undefined) return
    this.#kept.delete(name)
    this.#bytes -= kept.bytes
  }
}
