import { compareVersions, type Version } from '@bzzz/base'
import type { Held } from './wire/reply.js'

const nameOf = (key: string, version: Version): string =>
  `${version.wallMs}.${version.counter}.${version.writer}/${key}`

/**
 * Versions that this replica held and then replaced. A writer that is refused must know whether
 * its version was ever held: readers may have seen it then, and a second stamp would let the same
 * write take effect twice. Bounded and in memory, so it also says when it cannot tell.
 */
export class Superseded {
  readonly #max: number
  readonly #names = new Map<string, number>()
  /** Follows the oldest: a new iterator would walk over all that were deleted before it. */
  readonly #eldest = this.#names.entries()
  /** Nothing stamped up to here is remembered for certain. */
  #forgottenUntilMs = 0

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Tells that nothing is certain about what was stamped up to this time: this replica ran before,
   * or it took the place of others that held what it never saw.
   */
  forgetUntil(wallMs: number): void {
    this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, wallMs)
  }

  /** Tells that a replica's record was replaced by a newer one. */
  note(key: string, version: Version): void {
    this.#names.set(nameOf(key, version), version.wallMs)
    if (this.#names.size <= this.#max) return
    const oldest = this.#eldest.next()
    if (oldest.done === true) return
    const [name, wallMs] = oldest.value
    this.#names.delete(name)
    this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, wallMs)
  }

  held(key: string, version: Version, newest: Version): Held {
    if (compareVersions(version, newest) === 0 || this.#names.has(nameOf(key, version)))
      return 'before'
    return version.wallMs <= this.#forgottenUntilMs ? 'unknown' : 'never'
  }
}
