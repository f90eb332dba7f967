import { compareVersions, type Version } from '@bzzz/base'

/** What a replica knows of a version that it has refused for a newer one. */
export type Held = 'before' | 'never' | 'unknown'

/** At a thousand overwrites a second it covers the seconds in which a refused write is on its way. */
const NAMES_MAX = 8192

const nameOf = (key: string, { wallMs, counter, writer }: Version): string =>
  `${wallMs}.${counter}.${writer}/${key}`

/**
 * Versions that this replica held and then replaced. A writer that is refused must know whether its
 * stamp was ever held: a reader may have seen it then, and a second stamp would let one write take
 * effect twice. Bounded and in memory, so it also says when it cannot tell.
 */
export class Superseded {
  readonly #names = new Map<string, number>()
  /** Nothing stamped up to here is remembered for certain. */
  #forgottenUntilMs: number

  /** @param forgottenUntilMs what an earlier process of this node may have replaced */
  constructor(forgottenUntilMs: number) {
    this.#forgottenUntilMs = forgottenUntilMs
  }

  note(key: string, version: Version): void {
    this.#names.set(nameOf(key, version), version.wallMs)
    if (this.#names.size <= NAMES_MAX) return
    for (const [name, wallMs] of this.#names) {
      this.#names.delete(name)
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, wallMs)
      break
    }
  }

  held(key: string, version: Version, newest: Version): Held {
    if (compareVersions(version, newest) === 0 || this.#names.has(nameOf(key, version)))
      return 'before'
    return version.wallMs <= this.#forgottenUntilMs ? 'unknown' : 'never'
  }
}
