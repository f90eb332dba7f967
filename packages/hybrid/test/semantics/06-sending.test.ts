import type { StampedRecord } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { withLab, type TapCall } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

const recordOf = ({ args }: TapCall): StampedRecord => args[0] as StampedRecord

describe('semantics 6: sending to real', () => {
  test('goes in parallel, bounded in flight', () =>
    withLab({ tuning: { drainInFlightMax: 8 } }, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 100; i++) await node.dht.put(`k${i}`, bytesOf('v'))
      let inFlight = 0
      let most = 0
      node.tap.before = ({ op }) => {
        if (op === 'apply') most = Math.max(most, ++inFlight)
      }
      node.tap.after = ({ op }) => {
        if (op === 'apply') inFlight--
      }
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.serving(0)
      expect(node.store.dirtyBytes).toBe(0)
      expect(most).toBe(8)
    }))

  test('in order per key: what replicas take never goes back, and ends at the newest', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const taken: string[] = []
      lab.node(1).store.onCommit((record) => {
        if (record.key === 'k') taken.push(textOf(record.value) ?? '')
      })
      const writes = Array.from({ length: 50 }, (_, i) =>
        node.dht.put('k', bytesOf(String(i).padStart(2, '0'))),
      )
      await lab.pass(2)
      lab.isolate(0)
      await Promise.all(writes)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (let i = 50; i < 60; i++) await node.dht.put('k', bytesOf(String(i)))
      lab.heal()
      await lab.serving(0)
      await lab.until(() => taken.at(-1) === '59', 'the newest at the replica')
      expect(taken).toEqual(taken.toSorted())
    }))

  test('what real was not told of is sent once, by its newest record', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 20; i++) await node.dht.put('k', bytesOf(String(i)))
      node.tap.calls.length = 0
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.serving(0)
      const sent = node.tap.calls.filter((call) => call.op === 'apply').map(recordOf)
      expect(sent.filter(({ key }) => key === 'k').map(({ value }) => textOf(value))).toEqual([
        '19',
      ])
      expect(textOf((await lab.node(1).dht.get('k'))?.value)).toBe('19')
    }))

  test('is idempotent at the receiver: the same record again changes nothing', () =>
    withLab({}, async (lab) => {
      const [node, peer] = [lab.node(0), lab.node(1)]
      await node.dht.put('k', bytesOf('v'), { level: 'all' })
      const record = await node.store.read('k')
      if (record === undefined) throw new Error('nothing was stored')
      const before = peer.store.sequence
      for (let i = 0; i < 5; i++) await node.dht.apply(record, { level: 'all' })
      expect(peer.store.sequence).toBe(before)
    }))
})
