/** What the name of a secret ends with, in lower case and without separators. */
export const SECRET_NAMES: readonly string[] = [
  'token',
  'authorization',
  'psk',
  'seed',
  'privatekey',
  'secretkey',
  'signingkey',
  'apikey',
  'secret',
  'password',
  'passphrase',
  'credentials',
  'cookie',
]

export const REDACTED = '[redacted]'

/** Deeper values are not shown: a log line is no dump. */
const DEPTH_MAX = 6

/** Entries of an object or an array that are shown. */
const ENTRIES_MAX = 50

/** Characters of a text that are shown. */
const CHARS_MAX = 2048

/** Values in one line altogether, which also bounds what wide and deep values cost. */
const VALUES_MAX = 500

/**
 * What JSON leaves as it is and a terminal or a reader may act on: DEL and C1 controls (0x9b
 * starts an escape sequence), line separators, and marks that reverse the direction of text.
 */
// eslint-disable-next-line no-control-regex -- controls are what it is about
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A text that is safe to show: bounded, well-formed, without marks that act on their reader. */
export const printable = (text: string): string => {
  const cut = text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}…` : text
  return cut.toWellFormed().replaceAll(UNPRINTABLE, escaped)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Makes a copy of fields for a log line; see {@link redactor}. */
class Redaction {
  readonly #secretNames: readonly string[]
  readonly #parents = new Set<object>()
  #left = VALUES_MAX

  constructor(secretNames: readonly string[]) {
    this.#secretNames = secretNames
  }

  #isSecret(name: string): boolean {
    const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    return this.#secretNames.some((end) => plain.endsWith(end) || plain.endsWith(`${end}s`))
  }

  show(value: unknown): unknown {
    if (this.#left-- <= 0) return '[more]'
    if (typeof value === 'string') return printable(value)
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
    if (typeof value === 'bigint') return printable(String(value))
    if (typeof value === 'boolean' || value === null || value === undefined) return value
    if (!isObject(value)) return `[${typeof value}]`
    if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`
    if (this.#parents.has(value)) return '[circular]'
    if (this.#parents.size >= DEPTH_MAX) return '[deeper]'
    this.#parents.add(value)
    const shown = this.#showObject(value)
    this.#parents.delete(value)
    return shown
  }

  #showObject(value: object): unknown {
    if (Array.isArray(value))
      return value.slice(0, ENTRIES_MAX).map((item: unknown) => this.show(item))
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
    if (value instanceof Map || value instanceof Set)
      return `[${value.constructor.name} of ${String(value.size)}]`
    return this.#entries([...errorParts(value), ...Object.entries(value)])
  }

  #entries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
    return Object.fromEntries(
      entries
        .slice(0, ENTRIES_MAX)
        .map(([name, inner]) => [
          printable(name),
          this.#isSecret(name) ? REDACTED : this.show(inner),
        ]),
    )
  }
}

/** The parts of an error that are no entries. */
const errorParts = (value: object): [string, unknown][] =>
  ['name', 'message', 'stack', 'cause']
    .filter((name) => 'message' in value && 'stack' in value && name in value)
    .map((name) => [name, (value as Record<string, unknown>)[name]])

/**
 * A function that copies fields for a log line: secrets redacted by key at any depth shown, bytes
 * by their length only, texts bounded and without control marks, cycles and excess cut. What
 * throws while it is read is shown as unreadable.
 */
export const redactor = (
  moreSecretNames: readonly string[] = [],
): ((fields: Readonly<Record<string, unknown>>) => Record<string, unknown>) => {
  const plain = moreSecretNames.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
  const names = [...SECRET_NAMES, ...plain.filter((name) => name !== '')]
  return (fields) => {
    try {
      const shown = new Redaction(names).show(fields)
      return isObject(shown) ? { ...shown } : {}
    } catch {
      return { fields: '[unreadable]' }
    }
  }
}
