import { crc32 as zlibCrc32 } from 'node:zlib'
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { crc32 } from '../src/crc32.js'

const bytes = fc.uint8Array({ maxLength: 100 })

test('is the check value of the standard', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
})

test('is that of node:zlib, from any offset and with any seed', () => {
  fc.assert(
    fc.property(bytes, fc.nat(9), fc.nat({ max: 0xffff_ffff }), (input, offset, seed) => {
      const view = input.subarray(offset)
      expect(crc32(view)).toBe(zlibCrc32(view))
      expect(crc32(view, seed)).toBe(zlibCrc32(view, seed))
    }),
  )
})

test('goes on from the bytes before', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(crc32(b, crc32(a))).toBe(crc32(Uint8Array.from([...a, ...b])))
    }),
  )
})
