import { baseError } from '@bzzz/base'
import { dhtPort } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

describe('no caller makes real look away for the others', () => {
  test('by conditional writes of a key that others keep busy', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      tap.before = ({ op }) => {
        if (op === 'put') throw dhtPort.unavailable('other conditional writes kept it busy')
      }
      for (let i = 0; i < 10; i++)
        await expect(dht.put('k', bytesOf('v'), { expectedVersion: null })).rejects.toMatchObject({
          code: 'DHT_UNAVAILABLE',
        })
      expect(controls.phase).toBe('real')
    }))

  test('by waiting for all replicas, one of which is slow', () =>
    withLab({ tuning: { slowMs: 10 } }, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      tap.after = ({ op }) => (op === 'apply' ? lab.pass(30) : undefined)
      for (let i = 0; i < 100; i++) {
        await dht.put(`k${i}`, bytesOf('v'), { level: 'all', timeoutMs: 500 })
        expect(controls.phase).toBe('real')
      }
    }))

  test('by asking for less than a quorum, which takes less time', () =>
    withLab({}, async (lab) => {
      const { dht, controls } = lab.node(0)
      await dht.put('k', bytesOf('v'), { level: 'all' })
      await lab.pass(3_000)
      for (let i = 0; i < 200; i++) {
        await dht.get('k', { level: 1 })
        await lab.pass(15)
      }
      expect(controls.details().deadline_ms).toBe(60)
    }))
})

test('a real side that has stopped by itself is an outage', () =>
  withLab({}, async (lab) => {
    const { dht, controls, tap } = lab.node(0)
    await dht.put('k', bytesOf('v'))
    tap.before = () => {
      throw baseError('NOT_STARTED', 'the DHT is stopped')
    }
    for (let i = 0; i < 5; i++) expect(textOf((await dht.get('k'))?.value)).toBe('v')
    expect(await dht.put('k', bytesOf('w'))).toMatchObject({ level: 'local' })
    expect(controls.phase).not.toBe('real')
  }))
