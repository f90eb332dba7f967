/**
 * @typedef {object} Summary of samples, in their unit
 * @property {number} count
 * @property {number} p50
 * @property {number} p99
 * @property {number} mean
 * @property {number} min
 * @property {number} max
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {(round: number) => Promise<number[]> | number[]} run gives the samples of one round
 */

/** The nearest-rank percentile of sorted samples; `share` is between 0 and 1. @type {(sorted: ArrayLike<number>, share: number) => number} */
export const percentile = (sorted, share) => {
  if (sorted.length === 0) throw new RangeError('no samples')
  const rank = Math.ceil(share * sorted.length)
  return /** @type {number} */ (sorted[Math.min(Math.max(rank, 1), sorted.length) - 1])
}

/** @type {(samples: Iterable<number>) => Summary} */
export const summarize = (samples) => {
  // A typed array sorts by number.
  const sorted = Float64Array.from(samples).toSorted()
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    mean: sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length,
    min: percentile(sorted, 0),
    max: percentile(sorted, 1),
  }
}

/**
 * Runs the cases in turn, round after round and each round from another start, so that a busy
 * moment of the machine hits all of them alike. Resolves to all samples of each case.
 * @type {(cases: Case[], rounds: number) => Promise<Map<string, number[]>>}
 */
export const interleave = async (cases, rounds) => {
  /** @type {Map<string, number[]>} */
  const samples = new Map(cases.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < cases.length; turn++) {
      const one = /** @type {Case} */ (cases[(round + turn) % cases.length])
      const more = await one.run(round)
      for (const sample of more) samples.get(one.name)?.push(sample)
    }
  }
  return samples
}

/** @type {(cells: (string | number)[]) => string} */
const line = (cells) =>
  `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`

/** A Markdown table; numbers are aligned to the right. @type {(head: string[], rows: (string | number)[][]) => string} */
export const table = (head, rows) => {
  const rule = head.map((_, index) => (typeof rows[0]?.[index] === 'number' ? '---:' : '---'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
