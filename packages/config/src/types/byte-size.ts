import { quote } from '../problem.js'
import { bad, type ValueType } from '../value-type.js'
import { formatQuantity, inRange, type Units } from './quantity.js'

const UNITS: Units = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
]

const FACTORS: ReadonlyMap<string, number> = new Map(UNITS)

export interface ByteSizeOptions {
  readonly minBytes: number
  readonly maxBytes: number
}

/** `MB`, `mb` and `M` mean two things each, so they are refused with the exact spelling. */
const suggest = (text: string): string => {
  const guess = /^(\d{1,12})\s*([kmg]?)i?b?$/i.exec(text)
  if (guess === null) return 'write a number and a unit: 512B, 64KiB, 64MiB, 1GiB'
  const [, amount = '', letter = ''] = guess
  if (letter !== '') return `write ${amount}${letter.toUpperCase()}iB`
  return /b$/i.test(text) ? `write ${amount}B` : `write ${amount}MiB, ${amount}KiB or ${amount}B`
}

/** A size with its unit: `512B`, `64KiB`, `64MiB`, `1GiB`. The value is in bytes. */
export const byteSizeType = ({ minBytes, maxBytes }: ByteSizeOptions): ValueType<number> => ({
  name: 'size',
  accepts: `a size with its unit (B, KiB, MiB, GiB), from ${formatQuantity(minBytes, UNITS)} to ${formatQuantity(maxBytes, UNITS)}`,
  parse(text) {
    const match = /^(\d{1,12})(B|KiB|MiB|GiB)$/.exec(text)
    if (match === null)
      return bad(
        /^\d+$/.test(text) ? `${quote(text)} has no unit` : `${quote(text)} is not a size`,
        suggest(text),
      )
    const bytes = Number(match[1]) * (FACTORS.get(match[2] ?? '') ?? Number.NaN)
    return inRange(bytes, text, { min: minBytes, max: maxBytes }, UNITS)
  },
  format: (bytes) => formatQuantity(bytes, UNITS),
})
