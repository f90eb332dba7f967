import { crc32 } from '@bzzz/base'
import { simError } from './errors.js'

/** Enough to catch a receiver in the act; what is older is checked once more and forgotten. */
const LENT_MAX = 256
const LENT_BYTES_MAX = 4 * 1024 * 1024

interface Lent {
  readonly bytes: Uint8Array
  readonly crc: number
  readonly what: string
}

const assertSame = ({ bytes, crc, what }: Lent): void => {
  if (crc32(bytes) === crc) return
  throw simError('SIM_BYTES_CHANGED', `the ${bytes.length} bytes of ${what} were changed`)
}

/** The bytes in a value: itself, or in its properties, one level deep. */
export const bytesIn = (value: unknown): Uint8Array[] => {
  if (value instanceof Uint8Array) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).filter((inner) => inner instanceof Uint8Array)
}

/** Bytes that were handed out and must stay as they are. */
export class LentBytes {
  readonly #lent: Lent[] = []
  #bytes = 0

  /** Throws `SIM_BYTES_CHANGED` when something lent earlier, and forgotten now, was changed. */
  lend(value: unknown, what: string): void {
    for (const bytes of bytesIn(value)) {
      this.#lent.push({ bytes, crc: crc32(bytes), what })
      this.#bytes += bytes.length
    }
    while (this.#lent.length > LENT_MAX || this.#bytes > LENT_BYTES_MAX) {
      const oldest = this.#lent.shift()
      if (oldest === undefined) return
      this.#bytes -= oldest.bytes.length
      assertSame(oldest)
    }
  }

  /** Throws `SIM_BYTES_CHANGED`. */
  check(): void {
    for (const lent of this.#lent) assertSame(lent)
  }
}
