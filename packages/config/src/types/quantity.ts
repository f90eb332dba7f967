import { quote } from '../problem.js'
import { bad, good, type Parsed } from '../value-type.js'

/** A unit and how many of the smallest one it is; a table lists the largest first. */
export type Units = readonly (readonly [unit: string, factor: number])[]

/** The shortest single-unit text of an amount: `5m`, `90s`, `64MiB`. */
export const formatQuantity = (amount: number, units: Units): string => {
  const found = units.find(([, factor]) => amount !== 0 && amount % factor === 0) ?? units.at(-1)
  if (found === undefined) throw new TypeError('a quantity needs a unit')
  return `${amount / found[1]}${found[0]}`
}

export interface Range {
  readonly min: number
  readonly max: number
}

/** Refuses an amount outside the range, in the units of the field. */
export const inRange = (
  amount: number,
  text: string,
  { min, max }: Range,
  units: Units,
): Parsed<number> =>
  amount >= min && amount <= max
    ? good(amount)
    : bad(
        `${quote(text)} is out of range`,
        `write a value from ${formatQuantity(min, units)} to ${formatQuantity(max, units)}`,
      )
