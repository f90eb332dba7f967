import { codeOf, compareVersions, messageOf, type StampedRecord } from '@bzzz/base'
import type { DeadLetter } from './events.js'

/** Dead letters that are kept with their reason; more are counted only. */
const LETTERS_MAX = 1024

interface Refused {
  readonly record: StampedRecord
  readonly tries: number
}

/** Records that real refuses: counted, and given up after so many tries. They stay in the store. */
export class DeadLetters {
  readonly #triesMax: number
  readonly #onDead: (letter: DeadLetter) => void
  readonly #refused = new Map<string, Refused>()
  readonly #letters = new Map<string, DeadLetter>()

  constructor(triesMax: number, onDead: (letter: DeadLetter) => void) {
    this.#triesMax = triesMax
    this.#onDead = onDead
  }

  get list(): readonly DeadLetter[] {
    return [...this.#letters.values()]
  }

  /** True when this version of the key was given up; a newer one is tried anew. */
  isDead(record: Pick<StampedRecord, 'key' | 'version'>): boolean {
    const letter = this.#letters.get(record.key)
    if (letter === undefined) return false
    if (compareVersions(letter.version, record.version) === 0) return true
    this.#letters.delete(record.key)
    return false
  }

  refused(record: StampedRecord, error: unknown, nowMs: number): void {
    const { key, version, opId } = record
    const known = this.#refused.get(key)
    const isSame = known !== undefined && compareVersions(known.record.version, version) === 0
    const tries = (isSame ? known.tries : 0) + 1
    if (tries < this.#triesMax) {
      if (this.#refused.size < LETTERS_MAX || isSame) this.#refused.set(key, { record, tries })
      return
    }
    this.#refused.delete(key)
    if (this.#letters.size >= LETTERS_MAX) return
    const problem = messageOf(error)
    const code = codeOf(error) ?? 'UNKNOWN'
    const letter = { key, opId, version, code, problem, tries, atMs: nowMs }
    this.#letters.set(key, letter)
    this.#onDead(letter)
  }

  /** Real took it after all, or it is tried again. */
  forget(key: string): boolean {
    this.#refused.delete(key)
    return this.#letters.delete(key)
  }
}
