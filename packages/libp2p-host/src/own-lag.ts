/** Lag at most counted, milliseconds: a longer stall says no more about the peers. */
const LAG_MAX_MS = 1_000

/** Share of the lag that is left after one tick on time. At 25 ms a tick, half is gone in 350 ms. */
const DECAY = 0.95

/**
 * How far this node's own event loop is behind, milliseconds: the worst recent delay of its ticks,
 * fading. Detectors wait that much longer before they accuse a peer.
 */
export const nextLag = (lagMs: number, elapsedMs: number, tickMs: number): number => {
  const lateMs = Math.min(LAG_MAX_MS, Math.max(0, elapsedMs - tickMs))
  return Math.max(lateMs, lagMs * DECAY)
}
