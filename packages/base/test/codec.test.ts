import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { ByteReader, ByteWriter } from '../src/codec.js'
import { at, thrownCode } from './support.js'

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u53'; readonly value: number }
  | { readonly kind: 'raw' | 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'text'; readonly value: string }

const MAX = { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff, u53: Number.MAX_SAFE_INTEGER } as const

const number = (kind: keyof typeof MAX): fc.Arbitrary<Field> =>
  fc
    .oneof(fc.constantFrom(0, 1, MAX[kind]), fc.nat({ max: Number.MAX_SAFE_INTEGER }))
    .map((value) => ({ kind, value: value % (MAX[kind] + 1) }))

const anyField: fc.Arbitrary<Field> = fc.oneof(
  number('u8'),
  number('u16'),
  number('u32'),
  fc
    .oneof(fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, MAX.u53), fc.nat({ max: MAX.u53 }))
    .map((value): Field => ({ kind: 'u53', value })),
  fc.uint8Array({ maxLength: 30 }).map((value): Field => ({ kind: 'raw', value })),
  fc.uint8Array({ maxLength: 30 }).map((value): Field => ({ kind: 'bytes', value })),
  fc.string({ unit: 'binary', maxLength: 10 }).map((value): Field => ({ kind: 'text', value })),
)

const write = (writer: ByteWriter, field: Field): ByteWriter => {
  switch (field.kind) {
    case 'raw':
    case 'bytes':
      return writer[field.kind](field.value)
    case 'text':
      return writer.text(field.value)
    default:
      return writer[field.kind](field.value)
  }
}

const read = (reader: ByteReader, { kind, value }: Field): Field['value'] => {
  if (kind === 'raw') return reader.raw(value.length)
  if (kind === 'bytes') return reader.bytes(30)
  return kind === 'text' ? reader.text(40) : reader[kind]()
}

describe('codec', () => {
  test('reads back what was written, whatever the first capacity and the offset', () => {
    fc.assert(
      fc.property(fc.array(anyField), fc.nat(20), fc.nat(5), (fields, capacity, offset) => {
        const writer = new ByteWriter(capacity)
        for (const each of fields) write(writer, each)
        const written = writer.finish()
        expect(written).toHaveLength(writer.length)
        const moved = new Uint8Array(written.length + offset)
        moved.set(written, offset)
        const reader = new ByteReader(moved.subarray(offset))
        for (const each of fields) expect(read(reader, each)).toEqual(each.value)
        reader.end()
        expect([reader.remaining, reader.offset]).toEqual([0, written.length])
      }),
    )
  })

  test('cut anywhere, it throws BYTES_INVALID and reads nothing past the end', () => {
    fc.assert(
      fc.property(fc.array(anyField, { minLength: 1 }), fc.nat(), (fields, cut) => {
        const writer = new ByteWriter()
        for (const each of fields) write(writer, each)
        const whole = writer.finish()
        fc.pre(whole.length > 0)
        const reader = new ByteReader(whole.subarray(0, cut % whole.length))
        const code = thrownCode(() => {
          for (const each of fields) read(reader, each)
        })
        expect(code).toBe('BYTES_INVALID')
      }),
    )
  })

  test('is big-endian', () => {
    const written = new ByteWriter()
      .u8(1)
      .u16(2)
      .u32(3)
      .u53(2 ** 40 + 4)
      .bytes(Uint8Array.of(9))
    expect(Array.from(written.finish())).toEqual(
      [[1], [0, 2], [0, 0, 0, 3], [0, 0, 1, 0, 0, 0, 0, 4], [0, 0, 0, 1, 9]].flat(),
    )
  })

  test.each(['u8', 'u16', 'u32', 'u53'] as const)('%s refuses what does not fit', (kind) => {
    for (const value of [-1, MAX[kind] + 1, 0.5, Number.NaN, Infinity]) {
      const writer = new ByteWriter()
      expect(thrownCode(() => writer[kind](value))).toBe('INVALID_ARGUMENT')
      expect(writer.length).toBe(0)
    }
    expect(thrownCode(() => new ByteWriter()[kind](MAX[kind]))).toBeUndefined()
  })

  test('an integer over 2^53 - 1 is refused', () => {
    const over = new ByteWriter().u32(0x20_0000).u32(0).finish()
    expect(thrownCode(() => new ByteReader(over).u53())).toBe('BYTES_INVALID')
    const most = new ByteWriter().u32(0x1f_ffff).u32(0xffff_ffff).finish()
    expect(new ByteReader(most).u53()).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('a field over its limit is refused by its length alone', () => {
    const claim = new ByteWriter().u32(0xffff_ffff).finish()
    expect(thrownCode(() => new ByteReader(claim).bytes(10))).toBe('BYTES_INVALID')
    const field11 = new ByteWriter().bytes(new Uint8Array(11)).finish()
    expect(thrownCode(() => new ByteReader(field11).bytes(10))).toBe('BYTES_INVALID')
    expect(new ByteReader(field11).bytes(11)).toHaveLength(11)
  })

  test('text that is not UTF-8 is refused', () => {
    const bad = new ByteWriter().bytes(Uint8Array.of(0xff)).finish()
    expect(thrownCode(() => new ByteReader(bad).text(9))).toBe('BYTES_INVALID')
  })

  test('bytes left over are told', () => {
    expect(thrownCode(() => new ByteReader(Uint8Array.of(1)).end())).toBe('BYTES_INVALID')
  })

  test.each([-1, Number.NaN, Infinity])('a length of %p does not move the reader', (length) => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3))
    reader.u16()
    expect(thrownCode(() => reader.raw(length))).toBe('BYTES_INVALID')
    expect(reader.u8()).toBe(3)
  })

  test('random bytes never make it throw anything else', () => {
    const script = fc.array(anyField, { maxLength: 6 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), script, (bytes, fields) => {
        const reader = new ByteReader(bytes)
        const code = thrownCode(() => fields.map((each) => read(reader, each)))
        expect([undefined, 'BYTES_INVALID']).toContain(code)
      }),
    )
  })

  test('raw is a view, as documented', () => {
    const buffer = Uint8Array.of(1, 2, 3)
    const view = new ByteReader(buffer).raw(2)
    buffer[0] = 9
    expect(at(Array.from(view), 0)).toBe(9)
  })
})
