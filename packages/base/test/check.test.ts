import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { fail, ok, present, rejects, same, sameBytes, sameData } from '../src/check.js'

describe('the assertions of contract suites', () => {
  test('throw a sentence, or nothing', () => {
    expect(() => fail('it leaks')).toThrow('contract broken: it leaks')
    expect(() => ok(false, 'm')).toThrow('m')
    expect(() => present(undefined, 'm')).toThrow('m')
    expect(() => present(null, 'm')).toThrow('m')
    for (const value of [0, '', false]) present(value, 'm')
    ok(true, 'm')
  })

  test('same is Object.is', () => {
    same(Number.NaN, Number.NaN, 'm')
    expect(() => same(0, -0, 'm')).toThrow('contract broken: m: got 0, wanted 0')
    expect(() => same('1', 1, 'm')).toThrow('got "1", wanted 1')
    expect(() => same(1n, undefined, 'm')).toThrow('got "1n", wanted undefined')
  })

  test('sameBytes compares content', () => {
    sameBytes(Uint8Array.of(1, 2), Uint8Array.of(0, 1, 2).subarray(1), 'm')
    expect(() => sameBytes(Uint8Array.of(1), Uint8Array.of(2), 'm')).toThrow('bytes(01)')
    expect(() => sameBytes(undefined, new Uint8Array(), 'm')).toThrow('undefined')
  })

  test('sameData passes a copy with its keys in another order', () => {
    const data = fc.object({ values: [fc.integer(), fc.string(), fc.uint8Array()] })
    fc.assert(
      fc.property(data, (value) => {
        const copy = structuredClone(value)
        const reordered = Object.fromEntries(Object.entries(copy).toReversed())
        expect(() => sameData(reordered, value, 'm')).not.toThrow()
      }),
    )
    sameData({ a: 1, b: undefined }, { a: 1 }, 'm')
    sameData([Number.NaN, { a: [] }], [Number.NaN, { a: [] }], 'm')
  })

  test.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [
      { a: undefined, b: 1 },
      { a: 1, b: undefined },
    ],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 1]],
    [[undefined], [null]],
    [Number.NaN, null],
    [0, -0],
    [Uint8Array.of(0), 'bytes:00'],
    [Uint8Array.of(0), [0]],
    [new Map([[1, 2]]), new Map()],
    [{}, []],
    [JSON.parse('{"__proto__":{"a":1}}'), {}],
    [{ constructor: Object }, { other: 1 }],
  ])('sameData tells %p from %p', (a: unknown, b: unknown) => {
    expect(() => sameData(a, b, 'm')).toThrow('contract broken: m')
    expect(() => sameData(b, a, 'm')).toThrow('contract broken: m')
  })

  test('rejects wants that code, thrown or rejected, and returns the error', async () => {
    const error = { code: 'NO' }
    const wrapped = Object.assign(new Error('no'), error)
    expect(await rejects(() => Promise.reject(wrapped), 'NO', 'm')).toBe(wrapped)
    const thrower = (): never => {
      throw wrapped
    }
    expect(await rejects(thrower, 'NO', 'm')).toBe(wrapped)
    await expect(rejects(thrower, 'YES', 'm')).rejects.toThrow('m: got Error: no, wanted YES')
    await expect(rejects(() => 1, 'NO', 'm')).rejects.toThrow('nothing was thrown')
  })
})
