import { bad, good, type Parsed, type ValueType } from '../value-type.js'

export interface ListOptions {
  /** Default 64: longer lists belong into a registry, not into a setting. */
  readonly itemsMax?: number
}

const DEFAULT_ITEMS_MAX = 64

/** A YAML sequence; in the environment and on the command line its items stand between commas. */
export const listType = <T>(
  item: ValueType<T>,
  { itemsMax = DEFAULT_ITEMS_MAX }: ListOptions = {},
): ValueType<readonly T[]> => {
  const collect = (items: readonly unknown[]): Parsed<readonly T[]> => {
    if (items.length > itemsMax)
      return bad(`the list has ${items.length} items`, `write at most ${itemsMax}`)
    return good(Object.freeze([...(items as readonly T[])]))
  }
  return {
    name: `${item.name},...`,
    accepts: `a list (a sequence in YAML, commas elsewhere) of: ${item.accepts}`,
    list: { parseItem: (text) => item.parse(text), collect },
    parse(text) {
      if (text === '') return collect([])
      const parts = text.split(',', itemsMax + 1).map((part) => part.trim())
      if (parts.length > itemsMax)
        return bad(`the list has more than ${itemsMax} items`, `write at most ${itemsMax}`)
      const items: T[] = []
      for (const part of parts) {
        if (part === '')
          return bad('the list has an empty item', 'remove the comma that is too many')
        const parsed = item.parse(part)
        if (!parsed.ok) return parsed
        items.push(parsed.value)
      }
      return collect(items)
    },
    format: (items) => items.map((each) => item.format(each)).join(','),
  }
}
