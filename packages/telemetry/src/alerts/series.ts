import type { Labels } from '../metrics/family.js'
import type { MetricSnapshot } from '../metrics/metric.js'
import type { Term } from './alert-rule.js'

/** One number of a metric, under its labels. */
export interface Point {
  readonly labels: Labels
  readonly value: number
}

/** Equal for equal labels, whatever their order. */
export const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const isWanted = (labels: Labels, where: Labels): boolean =>
  Object.entries(where).every(([name, value]) => labels[name] === value)

/** What a term takes of the samples, by the key of their labels. Histograms have no value. */
export const select = (
  snapshots: readonly MetricSnapshot[],
  { metric, where = {} }: Term,
): ReadonlyMap<string, Point> =>
  new Map(
    snapshots
      .filter(({ name }) => name === metric)
      .flatMap(({ samples }) => samples)
      .filter(({ suffix, labels }) => suffix === '' && isWanted(labels, where))
      .map(({ labels, value }) => [keyOf(labels), { labels, value }]),
  )
