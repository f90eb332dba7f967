import { expect, test } from '@jest/globals'
import { baseError, type StampedRecord, type Version } from '@bzzz/base'
import { DHT_CONTRACT, dhtPort } from '../src/dht-port.js'
import { dhtError } from '../src/errors.js'

const { ops } = dhtPort
const version = (wallMs: number, writer = 'w'): Version => ({ wallMs, counter: 0, writer })
const record = (of: Version): StampedRecord => ({
  key: 'k',
  value: new Uint8Array([1]),
  deleted: false,
  version: of,
  opId: 'o',
})

test('a write names what must outlive the call, and nothing else', () => {
  const value = new Uint8Array([1])
  const { signal } = new AbortController()
  const options = {
    level: 'all',
    timeoutMs: 5,
    expiresAtMs: 9,
    opId: 'o',
    expectedVersion: null,
    signal,
  } as const
  expect(ops.put.record('k', value, options)).toEqual({ key: 'k', value, expiresAtMs: 9 })
  expect(ops.put.key('k')).toBe('k')
  expect([ops.put.level('k', value, options), ops.put.opId('k', value, options)]).toEqual([
    'all',
    'o',
  ])
  expect(ops.put.condition('k', value, options)).toBeNull()
  expect(ops.put.condition('k', value, undefined)).toBeUndefined()
  expect(ops.delete.record('k', undefined)).toEqual({ key: 'k', deleted: true })
  expect(ops.apply.record(record(version(1)))).toEqual(record(version(1)))
  expect(ops.apply.opId(record(version(1)))).toBe('o')
})

test('a read tells a miss from an answer, and by which version to compare', () => {
  const found = record(version(3))
  expect([ops.get.isMiss(undefined), ops.get.isMiss(found)]).toEqual([true, false])
  expect([ops.get.version(undefined), ops.get.version(found)]).toEqual([undefined, version(3)])
})

test('what no side would take is refused before anything is logged', () => {
  const options = { level: 0 }
  expect(() => ops.put.check('', new Uint8Array(0), undefined)).toThrow(
    expect.objectContaining({ code: 'DHT_KEY_INVALID' }),
  )
  expect(() => ops.put.check('k', new Uint8Array(2 ** 20 + 1), undefined)).toThrow(
    expect.objectContaining({ code: 'DHT_VALUE_TOO_LARGE' }),
  )
  for (const refused of [
    () => ops.put.check('k', new Uint8Array(0), options),
    () => ops.delete.check('k', options),
    () => ops.apply.check(record(version(1)), options),
  ])
    expect(refused).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  expect(() => ops.delete.check('', undefined)).toThrow(
    expect.objectContaining({ code: 'DHT_KEY_INVALID' }),
  )
  expect(() => ops.apply.check({ ...record(version(1)), opId: '' }, undefined)).toThrow(
    expect.objectContaining({ code: 'DHT_RECORD_INVALID' }),
  )
})

test('errors of the store are told in the words of the port', () => {
  const other = new Error('x')
  expect(dhtPort.refusal(Object.assign(new Error('c'), { code: 'STORE_CONFLICT' }))).toMatchObject({
    code: 'DHT_CONFLICT',
  })
  expect(
    dhtPort.refusal(Object.assign(new Error('i'), { code: 'STORE_RECORD_INVALID' })),
  ).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(dhtPort.refusal(other)).toBe(other)
  expect(dhtPort.unavailable('x')).toMatchObject({
    code: 'DHT_UNAVAILABLE',
    verdict: 'unavailable',
  })
})

test('of two concurrent records the later wins, and the writer decides a tie', () => {
  const [early, late] = [record(version(1)), record(version(2))]
  expect([dhtPort.merge(early, late), dhtPort.merge(late, early)]).toEqual([late, late])
  const [a, b] = [record(version(1, 'a')), record(version(1, 'b'))]
  expect([dhtPort.merge(a, b), dhtPort.merge(b, a)]).toEqual([b, b])
})

test('only outages are unavailable', () => {
  expect(dhtPort.contract).toBe(DHT_CONTRACT)
  expect(dhtPort.judge(dhtError('DHT_UNAVAILABLE', 'x'))).toBe('unavailable')
  expect(dhtPort.judge(baseError('TIMEOUT', 'x'))).toBe('unavailable')
  for (const error of [dhtError('DHT_CONFLICT', 'x'), baseError('ABORTED', 'x'), new Error('x')])
    expect(dhtPort.judge(error)).toBe('answered')
})

const id = (key: string, of: Version): string =>
  ops.onChange.id({ key, version: of, deleted: false })

test('changes of different versions or keys have different ids', () => {
  const ids = [
    id('k', version(1)),
    id('l', version(1)),
    id('k', version(2)),
    id('k', version(1, 'x')),
  ]
  expect(new Set(ids).size).toBe(4)
  expect(id('k', version(1))).toBe(ids[0])
})
