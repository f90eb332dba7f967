import type { Cancel, Clock, Random } from '@bzzz/base'

const FIRST_MS = 100
const LONGEST_MS = 5_000

/** Backoff before try `attempt` (0 is the first): 100 ms doubling to 5 s, of which the upper half is random. */
export const redialDelayMs = (attempt: number, random: Random): number => {
  const ceilingMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16))
  return ceilingMs / 2 + (random.next() * ceilingMs) / 2
}

/** - `done`: connected. - `again`: not yet. - `never`: it makes no sense to try again. */
export type DialOutcome = 'done' | 'again' | 'never'

interface Target {
  readonly dial: () => Promise<DialOutcome>
  readonly untilMs: number
  attempt: number
  cancel: Cancel | undefined
}

/** Dials what is wanted and not there, each with its own backoff, until it succeeds. */
export class Redialer {
  readonly #clock: Clock
  readonly #random: Random
  readonly #targets = new Map<string, Target>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Names of what is being tried. */
  get wanted(): string[] {
    return Array.from(this.#targets.keys())
  }

  isWanted(name: string): boolean {
    return this.#targets.has(name)
  }

  /** Begins to dial; without effect while the name is being tried. Gives up after `forMs`. */
  want(name: string, dial: () => Promise<DialOutcome>, forMs: number, atOnce = false): void {
    if (this.#targets.has(name)) return
    const untilMs = this.#clock.monotonicMs() + forMs
    const target: Target = { dial, untilMs, attempt: 0, cancel: undefined }
    this.#targets.set(name, target)
    this.#schedule(name, target, atOnce ? 0 : redialDelayMs(0, this.#random))
  }

  /** No longer wanted, or there by itself. */
  drop(name: string): void {
    this.#targets.get(name)?.cancel?.()
    this.#targets.delete(name)
  }

  stop(): void {
    for (const target of this.#targets.values()) target.cancel?.()
    this.#targets.clear()
  }

  #schedule(name: string, target: Target, delayMs: number): void {
    target.cancel = this.#clock.setTimer(() => {
      void this.#try(name, target)
    }, delayMs)
  }

  async #try(name: string, target: Target): Promise<void> {
    const outcome = await target.dial().catch((): DialOutcome => 'again')
    // Dropped, or dropped and wanted anew, while the dial was under way.
    if (this.#targets.get(name) !== target) return
    if (outcome !== 'again' || this.#clock.monotonicMs() >= target.untilMs) {
      this.#targets.delete(name)
      return
    }
    target.attempt++
    this.#schedule(name, target, redialDelayMs(target.attempt, this.#random))
  }
}
