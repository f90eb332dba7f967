import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface Summary {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The value below which this share of them lies, by nearest rank; NaN for none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export const summaryOf = (values: readonly number[]): Summary => ({
  count: values.length,
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  max: quantile(values, 1),
})

/** A measured figure beside the one that is promised. */
export interface Figure {
  /** In the words of the promise. */
  readonly name: string
  readonly promised: string
  readonly measured: string
  readonly suite: string
}

const FILE = '.results/figures.json'

/** Prints a figure and adds it to those of this run, for docs/verification.md. */
export const recordFigure = (figure: Figure): void => {
  console.log(`${figure.name}: ${figure.measured} (promised: ${figure.promised})`)
  mkdirSync('.results', { recursive: true })
  let known: Figure[] = []
  try {
    known = JSON.parse(readFileSync(FILE, 'utf8')) as Figure[]
  } catch {
    // The first figure of this run.
  }
  const others = known.filter(({ name, suite }) => name !== figure.name || suite !== figure.suite)
  writeFileSync(FILE, `${JSON.stringify([...others, figure], undefined, 2)}\n`)
}
