import { quote } from '../problem.js'
import { bad, good, type ValueType } from '../value-type.js'

// The spellings of env files in the field. `on` and `off` are left out: nobody asked for them.
const SPELLINGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/** `true` or `false`; `yes`, `no`, `1` and `0` are understood too, in any case of letters. */
export const booleanType = (): ValueType<boolean> => ({
  name: 'true|false',
  accepts: '`true` or `false`',
  parse(text) {
    const value = SPELLINGS.get(text.toLowerCase())
    return value === undefined
      ? bad(`${quote(text)} is neither true nor false`, 'write true or false')
      : good(value)
  },
  format: String,
})
