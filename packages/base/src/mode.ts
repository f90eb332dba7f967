/**
 * How a component uses its two sides, the node's own store (embedded) and the peers (real).
 * - `mock`: nothing is sent; the store answers.
 * - `hybrid`: every write is sent; a share of the keys is answered by real, falling back to the
 *   store, the others by the store.
 * - `shadow`: every write is sent and the store answers; real is asked as well and compared.
 * - `real`: real answers; without it there is an error, or a write is pending.
 */
export const MODES = ['mock', 'hybrid', 'shadow', 'real'] as const

export type Mode = (typeof MODES)[number]

export interface ModeSetting {
  readonly mode: Mode
  /** Share of the keys that real answers in mode `hybrid`, 0 to 100; without effect in the others. */
  readonly percent: number
}
