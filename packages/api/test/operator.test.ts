import { describe, expect, test } from '@jest/globals'
import { decodeRequest, encodeRequest } from '../src/request.js'
import { encodeResponse } from '../src/response.js'
import type { InputOf, OutputOf } from '../src/operations.js'
import { bytes, refusal, VERSION } from './helpers.js'

const received = (target: string) => ({ target, headers: {} })

describe('a change of mode', () => {
  test('crosses the wire unchanged', () => {
    const input: InputOf<'mode.set'> = {
      component: 'dht',
      mode: 'hybrid',
      percent: 12.5,
      forMs: 600_000,
      isNow: false,
      reason: 'a try, with ümlauts & more',
      waitMs: 0,
    }
    const { method, target, body } = encodeRequest('mode.set', input)
    expect([method, body]).toEqual(['PUT', undefined])
    expect(decodeRequest('mode.set', received(target))).toEqual(input)
  })

  test.each([
    ['neither a mode nor a percentage', 'component=dht', /state a mode, a percentage, or both/],
    ['no component', 'mode=mock', /component/],
    ['a mode that there is not', 'component=dht&mode=fake', /mode/],
    ['a percentage over 100', 'component=dht&percent=100.1', /percent/],
    ['a negative one', 'component=dht&percent=-1', /percent: write a number/],
    ['a year', 'component=dht&mode=mock&forMs=31536000000', /forMs/],
    ['no time at all', 'component=dht&mode=mock&forMs=0', /forMs/],
    ['a component that is none', 'component=%2e%2e%2f&mode=mock', /component/],
    ['a word for a yes', 'component=dht&mode=mock&isNow=yes', /isNow/],
    ['a novel for a reason', `component=dht&mode=mock&reason=${'x'.repeat(501)}`, /reason/],
    ['a field too many', 'component=dht&mode=mock&force=true', /force/],
  ])('with %s is refused', (_name, query, problem) => {
    expect(refusal(() => decodeRequest('mode.set', received(`/v1/mode?${query}`)))).toMatch(problem)
  })

  test('that goes on is answered with 202; asking how it stands is not', () => {
    const change = {
      to: { mode: 'mock', percent: 100 },
      state: 'running',
      at: '2026-01-01T00:00:00.000Z',
      isNow: false,
    } as const
    const output: OutputOf<'mode'> = {
      components: [
        {
          component: 'dht',
          mode: 'hybrid',
          percent: 100,
          serving: 'real',
          phase: 'real',
          isComplete: true,
          source: { mode: 'env', percent: 'env' },
          backlog: { keys: 0, bytes: 0, bytesMax: 1 },
          deadLetters: 0,
          change,
        },
      ],
    }
    const done = {
      components: [{ ...output.components[0], change: { ...change, state: 'done' } }],
    }
    expect(encodeResponse('rollback', output).status).toBe(202)
    expect(encodeResponse('rollback', done as OutputOf<'mode'>).status).toBe(200)
    expect(encodeResponse('mode', output).status).toBe(200)
  })
})

test.each([
  ['too long', 'fault=errors&forMs=600001', /forMs/],
  ['no time', 'fault=errors', /forMs/],
  ['a fault that there is not', 'fault=meteor&forMs=1000', /fault/],
  ['more than all calls', 'fault=errors&forMs=1000&share=1.1', /share/],
])('a drill with %s is refused', (_name, query, problem) => {
  expect(refusal(() => decodeRequest('drill.start', received(`/v1/drill?${query}`)))).toMatch(
    problem,
  )
})

test('the key of a dead letter stands in the path', () => {
  const { method, target } = encodeRequest('dead-letters.retry', { key: 'a/ü b' })
  expect([method, target]).toEqual(['POST', '/v1/dead-letters/a/%C3%BC%20b'])
  expect(decodeRequest('dead-letters.retry', received(target))).toEqual({ key: 'a/ü b' })
})

test('an explained record tells its source, in JSON and beside bare bytes', () => {
  const record: OutputOf<'get'> = {
    key: 'k',
    value: bytes('v'),
    version: VERSION,
    explanation: { source: 'store', reason: 'no quorum', staleForMs: 1200.4 },
  }
  expect(JSON.parse(String(encodeResponse('get', record).body))).toMatchObject({
    explanation: record.explanation,
  })
  expect(encodeResponse('get', record, 'application/octet-stream').headers).toMatchObject({
    'bzzz-source': 'store',
    'bzzz-stale-for-ms': '1200',
  })
  const target = '/v1/records/k?explain=true&allowStale=false'
  expect(decodeRequest('get', received(target))).toEqual({
    key: 'k',
    explain: true,
    allowStale: false,
  })
})
