import { baseError } from '@bzzz/base'
import { dhtPort } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import { Gate, withLab } from '../lab.js'
import { bytesOf } from '../support.js'

const answered = (): Error => baseError('INVALID_ARGUMENT', 'real says no')

const outage = (): Error => dhtPort.unavailable('a replica is away')

const aborted = (): Error => baseError('ABORTED', 'as asked')

describe('semantics 1: verdicts', () => {
  test("what real answers is the caller's, and no outage, however often it says no", () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      tap.before = ({ op }) => {
        if (op === 'get') throw answered()
      }
      for (let i = 0; i < 10; i++)
        await expect(dht.get('k')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(controls.phase).toBe('real')
      expect(controls.metrics()).toMatchObject({ fallback_events: 0, error_rate_real: 0 })
      expect(controls.details().fallback_answers).toBe(0)
    }))

  test('a conflict is an answer, and the condition was decided by the replicas', () =>
    withLab({}, async (lab) => {
      const { dht, controls } = lab.node(0)
      await lab.node(1).dht.put('k', bytesOf('theirs'))
      for (let i = 0; i < 10; i++)
        await expect(
          dht.put('k', bytesOf('mine'), { expectedVersion: null }),
        ).rejects.toMatchObject({ code: 'DHT_CONFLICT' })
      expect(controls.phase).toBe('real')
    }))

  test('what is unavailable falls back, call by call, and three in a row open the breaker', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      tap.before = ({ op }) => {
        if (op === 'get') throw dhtPort.unavailable('a replica is away')
      }
      await dht.get('k')
      await dht.get('k')
      expect(controls.phase).toBe('real')
      await dht.get('k')
      expect(controls.phase).toBe('local')
      expect(controls.details().fallback_answers).toBe(3)
    }))

  test('what no side would take is refused before it is counted', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      const before = controls.metrics()
      const seen = tap.calls.length
      await expect(dht.get('')).rejects.toMatchObject({ code: 'DHT_KEY_INVALID' })
      await expect(dht.put('', bytesOf('v'))).rejects.toMatchObject({ code: 'DHT_KEY_INVALID' })
      expect(controls.metrics()).toEqual(before)
      expect(tap.calls).toHaveLength(seen)
    }))
})

describe('semantics 2: an abort is neither success nor failure', () => {
  test('it never falls back, and opens nothing', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      const held = new Gate()
      tap.before = ({ op }) => (op === 'get' ? held.opened : undefined)
      const aborts = Array.from({ length: 10 }, () => new AbortController())
      const reads = aborts.map(({ signal }) => dht.get('k', { signal }))
      for (const read of reads) read.catch(() => {})
      await lab.pass(5)
      for (const abort of aborts) abort.abort()
      for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'ABORTED' })
      await lab.pass(5)
      held.open()
      expect(controls.phase).toBe('real')
      expect(controls.details().fallback_answers).toBe(0)
    }))

  test('its late error does not count either', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      tap.before = ({ op, args }) =>
        op === 'get'
          ? new Promise((_, reject) => {
              const { signal } = args[1] as { readonly signal: AbortSignal }
              signal.addEventListener('abort', () => {
                reject(baseError('ABORTED', 'as asked'))
              })
            })
          : undefined
      for (let i = 0; i < 10; i++) {
        const abort = new AbortController()
        const read = dht.get('k', { signal: abort.signal })
        read.catch(() => {})
        await lab.pass(1)
        abort.abort()
        await expect(read).rejects.toMatchObject({ code: 'ABORTED' })
      }
      expect(controls.phase).toBe('real')
      expect(controls.metrics().error_rate_real).toBe(0)
    }))

  test('nor does it end a row of failures, as a success would', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      let fails: () => Error = outage
      tap.before = ({ op }) => {
        if (op === 'get') throw fails()
      }
      await dht.get('k')
      await dht.get('k')
      fails = aborted
      await expect(dht.get('k')).rejects.toMatchObject({ code: 'ABORTED' })
      expect(controls.phase).toBe('real')
      fails = outage
      await dht.get('k')
      expect(controls.phase).toBe('local')
    }))

  test('before the call it has no effect', () =>
    withLab({}, async (lab) => {
      const { dht, store, tap } = lab.node(0)
      const before = [tap.count('get'), tap.count('apply')]
      const signal = AbortSignal.abort()
      await expect(dht.put('k', bytesOf('v'), { signal })).rejects.toMatchObject({
        code: 'ABORTED',
      })
      await expect(dht.get('k', { signal })).rejects.toMatchObject({ code: 'ABORTED' })
      expect(store.head('k')).toBeUndefined()
      expect([tap.count('get'), tap.count('apply')]).toEqual(before)
    }))
})
