import { baseError } from './base-errors.js'
import { fromUtf8, utf8 } from './bytes.js'

const assertUnsigned = (value: number, max: number): void => {
  if (!(Number.isInteger(value) && value >= 0 && value <= max))
    throw baseError(
      'INVALID_ARGUMENT',
      `${String(value)} is not an integer from 0 to ${String(max)}`,
    )
}

/** Longer texts are rare, and the platform's encoder is the faster one for them. */
const PLAIN_LENGTH_MAX = 128

/**
 * Appends fields to a growing buffer. Numbers are big-endian; lengths are 32-bit. A number that
 * does not fit throws `INVALID_ARGUMENT`: cut off silently, it would be another number.
 */
export class ByteWriter {
  #buffer: Uint8Array
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  #reserve(bytes: number): number {
    const at = this.#length
    const needed = at + bytes
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, at))
      this.#buffer = grown
    }
    this.#length = needed
    return at
  }

  u8(value: number): this {
    assertUnsigned(value, 0xff)
    const at = this.#reserve(1)
    this.#buffer[at] = value
    return this
  }

  u16(value: number): this {
    assertUnsigned(value, 0xffff)
    const at = this.#reserve(2)
    this.#buffer[at] = value >>> 8
    this.#buffer[at + 1] = value
    return this
  }

  u32(value: number): this {
    assertUnsigned(value, 0xffff_ffff)
    this.#u32At(this.#reserve(4), value)
    return this
  }

  /** A non-negative integer up to 2^53 - 1, in eight bytes. */
  u53(value: number): this {
    assertUnsigned(value, Number.MAX_SAFE_INTEGER)
    const at = this.#reserve(8)
    this.#u32At(at, Math.floor(value / 0x1_0000_0000))
    this.#u32At(at + 4, value)
    return this
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes)
  }

  text(text: string): this {
    return this.#plainText(text) ? this : this.bytes(utf8(text))
  }

  /**
   * Writes a short ASCII text, as keys and ids mostly are, into its place: an encoder makes a buffer
   * for each. False, and nothing is written, for any other text.
   */
  #plainText(text: string): boolean {
    const { length } = text
    if (length > PLAIN_LENGTH_MAX) return false
    const start = this.#reserve(4 + length)
    const buffer = this.#buffer
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.#length = start
        return false
      }
      buffer[start + 4 + i] = code
    }
    this.#u32At(start, length)
    return true
  }

  // Faster than a DataView made for each buffer.
  #u32At(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  /** What was written. A view: do not write on while it is in use. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}

/** Reads what {@link ByteWriter} wrote. Throws `BYTES_INVALID` rather than reading past the end. */
export class ByteReader {
  readonly #buffer: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#buffer.length - this.#offset
  }

  #take(bytes: number): number {
    if (!(bytes >= 0 && bytes <= this.remaining))
      throw baseError('BYTES_INVALID', `${bytes} bytes wanted, ${this.remaining} left`)
    const at = this.#offset
    this.#offset += bytes
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u53(): number {
    const at = this.#take(8)
    const high = this.#view.getUint32(at)
    if (high > 0x1f_ffff) throw baseError('BYTES_INVALID', 'an integer is over 2^53 - 1')
    return high * 0x1_0000_0000 + this.#view.getUint32(at + 4)
  }

  /** A view into the buffer, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#buffer.subarray(at, at + length)
  }

  bytes(lengthMax: number): Uint8Array {
    const length = this.u32()
    if (length > lengthMax)
      throw baseError('BYTES_INVALID', `a field of ${length} bytes; at most ${lengthMax} allowed`)
    return this.raw(length)
  }

  text(lengthMax: number): string {
    const bytes = this.bytes(lengthMax)
    try {
      return fromUtf8(bytes)
    } catch (cause) {
      throw baseError('BYTES_INVALID', 'a text is not UTF-8', { cause })
    }
  }

  /** Throws `BYTES_INVALID` unless everything was read. */
  end(): void {
    if (this.remaining > 0) throw baseError('BYTES_INVALID', `${this.remaining} bytes too many`)
  }
}
