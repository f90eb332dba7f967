import { describe, expect, test } from '@jest/globals'
import { codeOf, type StampedRecord } from '@bzzz/base'
import * as fc from 'fast-check'
import { assertKey, assertValue, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../src/limits.js'
import { assertRecord, ID_BYTES_MAX } from '../src/record-check.js'

const codeFrom = (call: () => void): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const keyCode = (key: unknown): string | undefined =>
  codeFrom(() => {
    assertKey(key as string)
  })

describe('keys', () => {
  test('of 1 to 1,024 bytes fit, whatever their characters take', () => {
    for (const [unit, bytes] of [
      ['k', 1],
      ['é', 2],
      ['漢', 3],
      ['🐝', 4],
    ] as const) {
      const full = unit.repeat(Math.floor(KEY_BYTES_MAX / bytes))
      const filled = full + 'k'.repeat(KEY_BYTES_MAX - Math.floor(KEY_BYTES_MAX / bytes) * bytes)
      expect(keyCode(unit)).toBeUndefined()
      expect(keyCode(filled)).toBeUndefined()
      expect(keyCode(`${filled}k`)).toBe('DHT_KEY_INVALID')
    }
  })

  test('that are empty, no text or no Unicode are refused', () => {
    for (const key of ['', undefined, null, 7, ['k'], '\uD83D', 'a\uDC1Db'])
      expect(keyCode(key)).toBe('DHT_KEY_INVALID')
  })

  test('are accepted exactly when their UTF-8 fits', () => {
    const anyKey = fc.string({ unit: 'binary', maxLength: 700 })
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 1, max: 3 }), (part, times) => {
        const key = part.repeat(times)
        const bytes = new TextEncoder().encode(key).length
        const fits = key.isWellFormed() && bytes >= 1 && bytes <= KEY_BYTES_MAX
        expect(keyCode(key) === undefined).toBe(fits)
      }),
    )
  })
})

const valueCode = (value: unknown): string | undefined =>
  codeFrom(() => {
    assertValue(value as Uint8Array)
  })

test('values of 0 to 1 MiB fit; what is no bytes is refused', () => {
  expect(valueCode(new Uint8Array(0))).toBeUndefined()
  expect(valueCode(new Uint8Array(VALUE_BYTES_MAX))).toBeUndefined()
  expect(valueCode(new Uint8Array(VALUE_BYTES_MAX + 1))).toBe('DHT_VALUE_TOO_LARGE')
  for (const value of ['text', [1, 2], undefined, null, new ArrayBuffer(1), new Float64Array(1)])
    expect(valueCode(value)).toBe('INVALID_ARGUMENT')
})

describe('records', () => {
  const good: StampedRecord = {
    key: 'k',
    value: new Uint8Array([1]),
    deleted: false,
    version: { wallMs: 1, counter: 0, writer: 'w' },
    opId: 'o',
  }
  const recordCode = (change: object): string | undefined =>
    codeFrom(() => {
      assertRecord({ ...good, ...change })
    })

  test('at their limits fit', () => {
    const long = 'i'.repeat(ID_BYTES_MAX)
    const version = { wallMs: 8.64e15, counter: 0xffff, writer: long }
    expect(recordCode({})).toBeUndefined()
    expect(recordCode({ version, opId: long, expiresAtMs: 0 })).toBeUndefined()
    expect(recordCode({ deleted: true, value: new Uint8Array(0) })).toBeUndefined()
  })

  test('that are malformed are refused', () => {
    const { version } = good
    const bad: readonly object[] = [
      { deleted: true },
      ...[-1, 0.5, Number.NaN, Infinity, 8.64e15 + 2].map((wallMs) => ({
        version: { ...version, wallMs },
      })),
      ...[-1, 0.5, 0x10000].map((counter) => ({ version: { ...version, counter } })),
      { version: { ...version, writer: '' } },
      { version: { ...version, writer: 'w'.repeat(ID_BYTES_MAX + 1) } },
      { opId: '' },
      { opId: 'o'.repeat(ID_BYTES_MAX + 1) },
      { opId: 7 },
      { expiresAtMs: -1 },
      { expiresAtMs: 0.5 },
    ]
    for (const change of bad)
      expect([change, recordCode(change)]).toEqual([change, 'DHT_RECORD_INVALID'])
    expect(recordCode({ key: '' })).toBe('DHT_KEY_INVALID')
    expect(recordCode({ value: new Uint8Array(VALUE_BYTES_MAX + 1) })).toBe('DHT_VALUE_TOO_LARGE')
  })
})
