import { MODES, type ModeSetting } from '@bzzz/base'
import { choiceType } from '../types/text.js'
import { good, type ValueType } from '../value-type.js'

export const MODE_DEFAULT: ModeSetting = Object.freeze({ mode: 'mock', percent: 100 })

/** A mode by its name; its percentage is a setting of its own. */
export const modeType = (): ValueType<ModeSetting> => {
  const names = choiceType(MODES)
  return {
    name: names.name,
    accepts: names.accepts,
    parse(text) {
      const parsed = names.parse(text)
      return parsed.ok ? good({ ...MODE_DEFAULT, mode: parsed.value }) : parsed
    },
    format: ({ mode }) => mode,
    describe: ({ mode, percent }) =>
      mode === 'hybrid' ? `hybrid, ${percent} % of the keys` : mode,
  }
}
