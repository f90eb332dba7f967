import { quote } from '../problem.js'
import { bad, good, type ValueType } from '../value-type.js'
import { closest } from '../suggest.js'

/** One of a few words. */
export const choiceType = <const C extends string>(
  choices: readonly [C, ...C[]],
): ValueType<C> => ({
  name: choices.join('|'),
  accepts: choices.map((choice) => `\`${choice}\``).join(', '),
  parse(text) {
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return good(found)
    const near = closest(text.toLowerCase(), choices)
    return bad(
      `${quote(text)} is not one of ${choices.join(', ')}`,
      near === undefined ? undefined : `did you mean ${near}?`,
    )
  },
  format: String,
})

/** Linux takes 4,096 bytes including the final zero. */
const PATH_CHARS_MAX = 4095

/** A path of a file or directory; relative ones start at the working directory. */
export const pathType = (): ValueType<string> => ({
  name: 'path',
  accepts: 'a path, absolute or relative to the working directory',
  parse(text) {
    if (text === '') return bad('the path is empty', 'write a path, or leave the setting out')
    if (text.includes('\0')) return bad('the path holds a zero byte', 'remove it')
    if (text.length > PATH_CHARS_MAX)
      return bad(`the path has ${text.length} characters`, `use at most ${PATH_CHARS_MAX}`)
    if (/^~(?:\/|$)/.test(text))
      return bad(`${quote(text)}: only a shell expands ~`, 'write the directory in full')
    return good(text)
  },
  format: String,
})
