import { compareVersions, type StampedRecord, type Version } from '@bzzz/base'
import type { Siblings, Spread } from './spread.js'

/** Keys whose newest version at a quorum is remembered; what is forgotten leaves a write pending. */
const CHOSEN_MAX = 8192

/** The writes of this node that are on their way, by key, in the order in which they began. */
export class Spreads implements Siblings {
  readonly #byKey = new Map<string, Spread[]>()
  readonly #chosen = new Map<string, Version>()

  all(): Spread[] {
    return [...this.#byKey.values()].flat()
  }

  /** The one that sends this operation, under this stamp or another. */
  of({ key, opId, version }: StampedRecord): Spread | undefined {
    return this.#byKey
      .get(key)
      ?.find(({ record }) => record.opId === opId && record.version.writer === version.writer)
  }

  add(spread: Spread): void {
    const { key } = spread.record
    const others = this.#byKey.get(key) ?? []
    this.#byKey.set(key, [...others, spread])
    for (const other of others) other.finish()
  }

  unlock(key: string, token: string): void {
    for (const spread of this.#byKey.get(key) ?? []) spread.unlock(token)
  }

  stop(): void {
    for (const spread of this.all()) spread.stop()
    this.#byKey.clear()
  }

  over(spread: Spread): void {
    const { key } = spread.record
    const left = (this.#byKey.get(key) ?? []).filter((other) => other !== spread)
    if (left.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, left)
  }

  chosen(key: string, version: Version): void {
    const known = this.#chosen.get(key)
    if (known !== undefined && compareVersions(known, version) >= 0) return
    this.#chosen.delete(key)
    this.#chosen.set(key, version)
    if (this.#chosen.size > CHOSEN_MAX)
      for (const oldest of this.#chosen.keys()) {
        this.#chosen.delete(oldest)
        break
      }
    for (const spread of this.#byKey.get(key) ?? [])
      if (compareVersions(spread.record.version, version) < 0) spread.advance()
  }

  isFollowed(key: string, version: Version): boolean {
    const chosen = this.#chosen.get(key)
    return chosen !== undefined && compareVersions(chosen, version) > 0
  }
}
