/** Cells per power of two: a quantile is at most 1/8 above the value that it stands for. */
const CELLS_PER_OCTAVE = 8

const VALUE_MAX = 2 ** 32 - 1

const CELLS = CELLS_PER_OCTAVE * 30

/** The cell of `value - 1`, so that a cell includes its upper end, as Prometheus' `le` does. */
const cellOf = (value: number): number => {
  const v = value <= 1 ? 0 : value - 1
  if (v < CELLS_PER_OCTAVE) return v
  const exponent = 31 - Math.clz32(v)
  return (exponent - 2) * CELLS_PER_OCTAVE + ((v >>> (exponent - 3)) & (CELLS_PER_OCTAVE - 1))
}

/** The greatest value of a cell. */
const upperEnd = (cell: number): number => {
  if (cell < CELLS_PER_OCTAVE) return cell + 1
  const octave = Math.floor(cell / CELLS_PER_OCTAVE) - 1
  return (CELLS_PER_OCTAVE + (cell % CELLS_PER_OCTAVE) + 1) * 2 ** octave
}

/**
 * Counts integers of 0 to 2^32 - 1 (microseconds, bytes) in cells that widen with the value.
 * Recording changes four numbers and allocates nothing.
 */
export class Histogram {
  count = 0
  sum = 0
  max = 0
  readonly #cells = new Float64Array(CELLS)

  /** Fractions are dropped; what lies outside the range counts as its nearest end. */
  record(value: number): void {
    const v = value > 0 ? Math.floor(Math.min(value, VALUE_MAX)) : 0
    const cell = cellOf(v)
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1
    this.count++
    this.sum += v
    if (v > this.max) this.max = v
  }

  /**
   * A value that the share `q` (0 to 1) of all values does not exceed, at most 1/8 too great.
   * Undefined while nothing was recorded.
   */
  quantile(q: number): number | undefined {
    if (this.count === 0) return undefined
    const rank = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (const [cell, count] of this.#cells.entries()) {
      seen += count
      if (seen >= rank) return Math.min(upperEnd(cell), this.max)
    }
    return this.max
  }

  /** Values up to 2^exponent: exact for whole exponents from 0 to 32. */
  countUpTo(exponent: number): number {
    const end = 2 ** exponent
    let seen = 0
    for (const [cell, count] of this.#cells.entries()) {
      if (upperEnd(cell) > end) break
      seen += count
    }
    return seen
  }

  /** What was recorded until now, for {@link since}. */
  copy(): Histogram {
    return this.since(new Histogram())
  }

  /** What was recorded since `earlier` was copied from this one. Its `max` is that of all. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram()
    difference.count = this.count - earlier.count
    difference.sum = this.sum - earlier.sum
    difference.max = this.max
    for (const [cell, count] of this.#cells.entries())
      difference.#cells[cell] = count - (earlier.#cells[cell] ?? 0)
    return difference
  }
}
