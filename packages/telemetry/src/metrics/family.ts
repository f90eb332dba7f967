import { telemetryError } from '../errors.js'

/** Label sets of one metric. What a peer can choose must not grow a scrape without end. */
export const LABEL_SETS_MAX = 1000

/** Longer label values are cut: long ones come from outside, and tell nothing more. */
export const LABEL_CHARS_MAX = 128

/** What stands for every label set beyond the limit. */
export const OTHER = 'other'

export type Labels = Readonly<Record<string, string>>

/** One metric for each set of label values. Look one up once and keep it; counting needs no lookup. */
export class Family<M> {
  readonly #labelNames: readonly string[]
  readonly #make: () => M
  readonly #members = new Map<string, { readonly labels: Labels; readonly metric: M }>()
  readonly #onOverflow: () => void

  constructor(labelNames: readonly string[], make: () => M, onOverflow: () => void) {
    this.#labelNames = labelNames
    this.#make = make
    this.#onOverflow = onOverflow
  }

  get size(): number {
    return this.#members.size
  }

  /**
   * The metric of these label values, in the order of the label names. Beyond 1,000 sets all new
   * ones share one whose values are `other`: a metric must not break the work that it counts.
   * Throws `METRIC_LABELS_INVALID` when their number is wrong.
   */
  with(...values: readonly string[]): M {
    if (values.length !== this.#labelNames.length)
      throw telemetryError(
        'METRIC_LABELS_INVALID',
        `${String(values.length)} label values for ${String(this.#labelNames.length)} label names`,
      )
    const cut = values.map((value) => value.slice(0, LABEL_CHARS_MAX).toWellFormed())
    const known = this.#members.get(JSON.stringify(cut))
    if (known !== undefined) return known.metric
    if (this.#members.size < LABEL_SETS_MAX - 1) return this.#add(cut)
    this.#onOverflow()
    const others = values.map(() => OTHER)
    return this.#members.get(JSON.stringify(others))?.metric ?? this.#add(others)
  }

  *members(): Generator<{ readonly labels: Labels; readonly metric: M }> {
    yield* this.#members.values()
  }

  #add(values: readonly string[]): M {
    const labels = Object.fromEntries(
      this.#labelNames.map((name, i): [string, string] => [name, values[i] ?? '']),
    )
    const metric = this.#make()
    this.#members.set(JSON.stringify(values), { labels, metric })
    return metric
  }
}
