import { describeValue, type ConfigOf, type Fields, type FieldTable } from './field.js'
import type { Loaded } from './load.js'
import { formatPlace } from './problem.js'

/** A setting that has another value than before. */
export interface FieldChange {
  readonly key: string
  readonly path: string
  /** For a reader: `(secret)` for a secret, `none` where nothing is set. */
  readonly from: string
  readonly to: string
  /** Where the new value stands; undefined: it is the default. */
  readonly place: string | undefined
}

/** What a newly loaded configuration makes of the running one. */
export interface Reload<F extends Fields = Fields> {
  /** The running configuration with the live settings of the new one, and the other ones as they were. */
  readonly loaded: Loaded<F>
  /** Settings that are applied at once. */
  readonly applied: readonly FieldChange[]
  /** Settings that the new configuration states otherwise, and that need a restart. */
  readonly needsRestart: readonly FieldChange[]
}

/** Settings are plain data: texts, numbers, lists and records, built alike by one parser. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Settings whose values differ. Those that only state another setting, and those that nothing reads
 * yet, do not count.
 */
export const changesOf = <F extends Fields>(
  table: FieldTable<F>,
  before: Loaded<F>,
  after: Loaded<F>,
): readonly FieldChange[] =>
  table.named.flatMap((field) => {
    const { key, path } = field
    const [from, to] = [before.config[key], after.config[key]]
    if (field.selects === true || field.reserved !== undefined || isSame(from, to)) return []
    const place = after.origins[key]?.place
    return [
      {
        key,
        path,
        from: describeValue(field, from),
        to: describeValue(field, to),
        place: place === undefined ? undefined : formatPlace(place),
      },
    ]
  })

/** Takes the live settings of a newly loaded configuration into the running one. */
export const reloadInto = <F extends Fields>(
  table: FieldTable<F>,
  running: Loaded<F>,
  fresh: Loaded<F>,
): Reload<F> => {
  // What only states another setting goes with it: only where that is live may its text change.
  const live = new Set(table.named.flatMap(({ key, live: isLive }) => (isLive ? [key] : [])))
  const changes = changesOf(table, running, fresh)
  const merge = (of: (loaded: Loaded<F>) => Readonly<Record<string, unknown>>) =>
    Object.freeze(
      Object.fromEntries(
        table.named.map(({ key }) => [key, of(live.has(key) ? fresh : running)[key]]),
      ),
    )
  return {
    loaded: {
      config: merge(({ config }) => config) as ConfigOf<F>,
      origins: merge(({ origins }) => origins) as Loaded<F>['origins'],
      notices: fresh.notices,
    },
    applied: changes.filter(({ key }) => live.has(key)),
    needsRestart: changes.filter(({ key }) => !live.has(key)),
  }
}
