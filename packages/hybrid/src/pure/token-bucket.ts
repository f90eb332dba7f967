/** Tokens that were there at a time. */
export interface BucketState {
  readonly tokens: number
  /** Monotonic milliseconds. */
  readonly atMs: number
}

export interface BucketPolicy {
  /** Tokens that come in per second. */
  readonly perS: number
  /** The most that the bucket holds, at least 1. */
  readonly burst: number
}

export interface Taken {
  readonly state: BucketState
  /** Whole tokens, at most what was wanted. */
  readonly granted: number
  /** When at least one more can be had: now, when all that was wanted was granted. */
  readonly retryAtMs: number
}

/** A bucket that is full, whatever its size. */
export const FULL_BUCKET: BucketState = { tokens: Number.POSITIVE_INFINITY, atMs: 0 }

/** Covers the rounding of fractional times, so that waiting until `retryAtMs` always suffices. */
const ROUNDING = 1e-6

/** Takes as many tokens as there are, at most `wanted`. Time that goes back adds nothing. */
export const takeTokens = (
  state: BucketState,
  wanted: number,
  nowMs: number,
  { perS, burst }: BucketPolicy,
): Taken => {
  const elapsedMs = Math.max(0, nowMs - state.atMs)
  const there = Math.min(Math.max(1, burst), state.tokens + (elapsedMs * perS) / 1_000)
  const granted = Math.max(0, Math.min(Math.floor(wanted), Math.floor(there + ROUNDING)))
  const tokens = Math.max(0, there - granted)
  const isShort = granted < Math.floor(wanted)
  const waitMs = isShort ? Math.ceil((Math.max(0, 1 - tokens) * 1_000) / perS) : 0
  return {
    state: { tokens, atMs: Math.max(nowMs, state.atMs) },
    granted,
    retryAtMs: nowMs + waitMs,
  }
}
