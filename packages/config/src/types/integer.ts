import { quote } from '../problem.js'
import { bad, good, type ValueType } from '../value-type.js'

export interface IntegerOptions {
  readonly min: number
  readonly max: number
  readonly name?: string
  /** Named in messages and documentation, for fields whose unit is in their name. */
  readonly unit?: string
}

/** A decimal integer within a range, both ends included. */
export const integerType = ({ min, max, name, unit }: IntegerOptions): ValueType<number> => {
  const suffix = unit === undefined ? '' : ` ${unit}`
  return {
    name: name ?? 'number',
    accepts: `an integer from ${min} to ${max}${unit === undefined ? '' : `, in ${unit}`}`,
    parse(text) {
      if (!/^-?\d{1,16}$/.test(text))
        return bad(
          `${quote(text)} is not a whole number`,
          `write digits only, from ${min} to ${max}${suffix}`,
        )
      const value = Number(text)
      if (value < min || value > max)
        return bad(`${text} is out of range`, `write a number from ${min} to ${max}${suffix}`)
      return good(value === 0 ? 0 : value)
    },
    format: String,
  }
}
