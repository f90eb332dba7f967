/** What a type makes of a text: its value, or what is wrong and what to write. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly suggestion?: string | undefined }

/**
 * The type of a field. There is one way to write a value, the same in the file, the environment
 * and on the command line.
 */
export interface ValueType<T> {
  /** Stands for the value in help texts: `<port>`. */
  readonly name: string
  /** What may be written, for the documentation. */
  readonly accepts: string
  parse(text: string): Parsed<T>
  /** A text that {@link parse} reads as this value. */
  format(value: T): string
  /** The value for a reader, where {@link format} does not tell all of it. Default: as `format`. */
  describe?(value: T): string
  /** Only for lists: how one item is read, and how the list is checked as a whole. */
  readonly list?: {
    parseItem(text: string): Parsed<unknown>
    collect(items: readonly unknown[]): Parsed<T>
  }
}

export const good = <T>(value: T): Parsed<T> => ({ ok: true, value })

export const bad = (problem: string, suggestion?: string): Parsed<never> => ({
  ok: false,
  problem,
  suggestion,
})
