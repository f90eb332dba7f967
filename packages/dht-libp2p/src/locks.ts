import { compareVersions, type Clock, type Version } from '@bzzz/base'

interface Lock {
  readonly opId: string
  readonly untilMs: number
  /** The newest version of the key when it was taken. */
  readonly version: Version | undefined
}

/** Keys that conditional writes hold on this replica, each for a bounded time. */
export class Locks {
  readonly #clock: Clock
  readonly #max: number
  readonly #headOf: (key: string) => Version | undefined
  readonly #locks = new Map<string, Lock>()
  readonly #next = new Set<string>()

  /** @param headOf the newest version of a key at this replica */
  constructor(clock: Clock, max: number, headOf: (key: string) => Version | undefined) {
    this.#clock = clock
    this.#max = max
    this.#headOf = headOf
  }

  /** True when the operation has the key now. Asking again prolongs it. */
  take(key: string, opId: string, ttlMs: number): boolean {
    if (!this.isFree(key, opId)) return false
    if (this.#locks.size >= this.#max) this.#sweep()
    if (this.#locks.size >= this.#max && !this.#locks.has(key)) return false
    this.#locks.set(key, {
      opId,
      untilMs: this.#clock.monotonicMs() + ttlMs,
      version: this.#headOf(key),
    })
    return true
  }

  /** True when the operation may write the key: nobody has it, or this operation does. */
  isFree(key: string, opId: string): boolean {
    if (this.#locks.size === 0) return true
    const lock = this.#locks.get(key)
    if (lock === undefined || lock.opId === opId) return true
    if (lock.untilMs > this.#clock.monotonicMs()) return false
    this.#locks.delete(key)
    return true
  }

  /** Tells what a record replaced at this replica. */
  committed(key: string, opId: string, replaced: Version | undefined): void {
    const lock = this.#locks.get(key)
    if (lock?.opId !== opId || !isSame(lock.version, replaced)) return
    this.#next.add(`${opId} ${key}`)
    if (this.#next.size <= this.#max) return
    for (const oldest of this.#next) {
      this.#next.delete(oldest)
      break
    }
  }

  /**
   * True when the operation's record replaced the very version that was the newest when it took the
   * key: nothing came between here, whatever became of the lock meanwhile. Remembered for the last
   * operations.
   */
  isNext(key: string, opId: string): boolean {
    return this.#next.has(`${opId} ${key}`)
  }

  release(key: string, opId: string): void {
    if (this.#locks.get(key)?.opId === opId) this.#locks.delete(key)
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [key, { untilMs }] of this.#locks) if (untilMs <= nowMs) this.#locks.delete(key)
  }
}

const isSame = (a: Version | undefined, b: Version | undefined): boolean =>
  a === undefined || b === undefined ? a === b : compareVersions(a, b) === 0
