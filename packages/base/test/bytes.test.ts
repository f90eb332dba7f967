import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  fromUtf8,
  toHex,
  utf8,
} from '../src/bytes.js'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  test('hexadecimal is that of Buffer, both ways', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(toHex(input)).toBe(Buffer.from(input).toString('hex'))
        expect(fromHex(toHex(input))).toEqual(input)
        expect(fromHex(toHex(input).toUpperCase())).toEqual(input)
      }),
    )
  })

  test.each(['0', 'abc', '0g', ' 00', '0x00', '00\n', '٠٠'])('fromHex refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow('not hexadecimal')
  })

  test('text survives UTF-8, byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text)
      }),
    )
    expect(fromUtf8(utf8('\uFEFFa'))).toBe('\uFEFFa')
  })

  test.each(['ff', 'c080', 'eda080', 'f4908080', 'e2'])('bytes %s are not UTF-8', (hex) => {
    expect(() => fromUtf8(fromHex(hex))).toThrow(expect.objectContaining({ name: 'TypeError' }))
  })

  test('concatBytes copies all parts in order', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        expect(concatBytes(parts)).toEqual(new Uint8Array(Buffer.concat(parts)))
      }),
    )
  })

  test('compareBytes orders as Buffer.compare, equalBytes agrees', () => {
    const near = fc.uint8Array({ maxLength: 4, max: 2 })
    fc.assert(
      fc.property(near, near, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      }),
    )
    expect(equalBytes(fromHex('00'), fromHex('0000'))).toBe(false)
  })
})
