/** Connections of one address. */
interface Usage {
  open: number
  /** New connections that may still come, refilled with time. */
  tokens: number
  filledAtMs: number
}

const ADDRESSES_MAX = 4_096

export interface IpBudgetOptions {
  /** Open connections per remote address at most, and new ones per second. */
  readonly maxFor: (ip: string) => number
  readonly nowMs: () => number
}

/** Counts inbound connections per remote IP, the half-open ones included. */
export class IpBudget {
  readonly #options: IpBudgetOptions
  readonly #usage = new Map<string, Usage>()

  constructor(options: IpBudgetOptions) {
    this.#options = options
  }

  open(ip: string): number {
    return this.#usage.get(ip)?.open ?? 0
  }

  /** Takes a place; false when the address has none left, or comes too fast. */
  take(ip: string): boolean {
    const max = this.#options.maxFor(ip)
    const usage = this.#refilled(ip, max)
    if (usage === undefined || usage.open >= max || usage.tokens < 1) return false
    usage.tokens--
    usage.open++
    return true
  }

  give(ip: string): void {
    const usage = this.#usage.get(ip)
    if (usage !== undefined && usage.open > 0) usage.open--
  }

  #refilled(ip: string, max: number): Usage | undefined {
    const nowMs = this.#options.nowMs()
    const usage = this.#usage.get(ip)
    if (usage === undefined) {
      if (this.#usage.size >= ADDRESSES_MAX && !this.#forgetIdle(nowMs)) return undefined
      const fresh = { open: 0, tokens: max, filledAtMs: nowMs }
      this.#usage.set(ip, fresh)
      return fresh
    }
    const earned = ((nowMs - usage.filledAtMs) / 1_000) * max
    usage.tokens = Math.min(max, usage.tokens + earned)
    usage.filledAtMs = nowMs
    return usage
  }

  /** Forgets addresses without connections whose tokens are full again. */
  #forgetIdle(nowMs: number): boolean {
    for (const [ip, usage] of this.#usage)
      if (usage.open === 0 && nowMs - usage.filledAtMs >= 1_000) this.#usage.delete(ip)
    return this.#usage.size < ADDRESSES_MAX
  }
}
