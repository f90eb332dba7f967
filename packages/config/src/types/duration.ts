import { quote } from '../problem.js'
import { bad, type ValueType } from '../value-type.js'
import { formatQuantity, inRange, type Units } from './quantity.js'

const UNITS: Units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

const FACTORS: ReadonlyMap<string, number> = new Map(UNITS)

// Each unit once, largest first, as in 1h30m; at most 12 digits keep the sum an exact integer.
const WHOLE =
  /^(?:\d{1,12}d)?(?:\d{1,12}h)?(?:\d{1,12}m(?!s))?(?:\d{1,12}(?:\.\d{1,3})?s)?(?:\d{1,12}ms)?$/

export interface DurationOptions {
  readonly minMs: number
  readonly maxMs: number
}

/** A span of time with its unit: `500ms`, `30s`, `1.5s`, `5m`, `1h30m`, `7d`. The value is in milliseconds. */
export const durationType = ({ minMs, maxMs }: DurationOptions): ValueType<number> => ({
  name: 'duration',
  accepts: `a duration with its unit (ms, s, m, h, d), from ${formatQuantity(minMs, UNITS)} to ${formatQuantity(maxMs, UNITS)}`,
  parse(text) {
    if (/^\d{1,12}$/.test(text))
      return bad(
        `${text} has no unit`,
        `write ${text}s for seconds, ${text}ms for milliseconds or ${text}m for minutes`,
      )
    if (text === '' || !WHOLE.test(text)) {
      const lower = text.toLowerCase().replaceAll(/\s/g, '')
      return bad(
        `${quote(text)} is not a duration`,
        lower !== text && lower !== '' && WHOLE.test(lower)
          ? `write ${lower}`
          : 'write a number and a unit: 500ms, 30s, 5m, 1h, 1h30m',
      )
    }
    let totalMs = 0
    for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-z]+)/g))
      totalMs += Math.round(Number(amount) * (FACTORS.get(unit ?? '') ?? Number.NaN))
    return Number.isSafeInteger(totalMs)
      ? inRange(totalMs, text, { min: minMs, max: maxMs }, UNITS)
      : bad(`${quote(text)} is out of range`, `write at most ${formatQuantity(maxMs, UNITS)}`)
  },
  format: (ms) => formatQuantity(ms, UNITS),
})

/** A plain number, for fields whose name already ends in `_ms`. `5s` is understood too. */
export const millisecondsType = (range: DurationOptions): ValueType<number> => {
  const duration = durationType(range)
  return {
    name: 'ms',
    accepts: `a number of milliseconds from ${range.minMs} to ${range.maxMs}`,
    parse: (text) => duration.parse(/^\d{1,12}$/.test(text) ? `${text}ms` : text),
    format: String,
  }
}
