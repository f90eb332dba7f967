/** Points kept of one window; between two of them the increase is as of the later. */
const POINTS_PER_WINDOW = 60

interface WindowPoint {
  readonly atMs: number
  readonly total: number
}

/** A counter's rise over time: what is needed to tell by how much it rose in the window. */
export interface CounterWindow {
  /** Length of the window, and when the counter was last seen. */
  readonly overMs: number
  readonly seenMs: number
  /** The counter's value when it was last seen. */
  readonly last: number
  /** All that it rose since it was first seen. */
  readonly total: number
  readonly points: readonly WindowPoint[]
}

/**
 * The window after one more reading. A counter that fell was set back, as by a restart: it rose by
 * all that it shows. Points older than needed are dropped, so at most 62 are kept.
 */
export const stepWindow = (
  window: CounterWindow | undefined,
  value: number,
  nowMs: number,
  overMs: number,
): CounterWindow => {
  const seen = { overMs, seenMs: nowMs, last: value }
  if (window === undefined) return { ...seen, total: 0, points: [{ atMs: nowMs, total: 0 }] }
  const rise = value >= window.last ? value - window.last : value
  const total = window.total + rise
  const newest = window.points.at(-1)
  const isDue = newest === undefined || nowMs - newest.atMs >= overMs / POINTS_PER_WINDOW
  const points = isDue ? [...window.points, { atMs: nowMs, total }] : window.points
  // The newest point that is as old as the window stays: the increase is counted from it.
  const base = points.findLastIndex(({ atMs }) => nowMs - atMs >= overMs)
  return { ...seen, total, points: base > 0 ? points.slice(base) : points }
}

/** By how much the counter rose in the window, or since it was first seen. */
export const increaseIn = ({ total, points }: CounterWindow): number =>
  total - (points[0]?.total ?? total)
