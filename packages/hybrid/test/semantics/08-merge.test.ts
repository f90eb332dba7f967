import { compareVersions, type ApplyOptions, type StampedRecord } from '@bzzz/base'
import { dhtError, dhtPort } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import type { DeadLetter } from '../../src/index.js'
import { withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

describe('semantics 8: merge', () => {
  test.each([
    [0, 1],
    [1, 0],
  ])('concurrent writes merge by version, whoever returns first (%i, then %i)', (first, second) =>
    withLab({ nodes: 5 }, async (lab) => {
      const isolated = [lab.node(first), lab.node(second)]
      lab.isolate(first)
      lab.isolate(second)
      await lab.until(
        () => isolated.every(({ controls }) => controls.phase === 'local'),
        'the fallback',
      )
      const receipts = []
      for (const node of isolated) {
        receipts.push(await node.dht.put('k', bytesOf(node.peerId)))
        await lab.pass(10)
      }
      const winner = receipts.toSorted((a, b) => compareVersions(b.version, a.version))[0]
      lab.heal()
      await lab.serving(0, 1, 2, 3, 4)
      for (const { dht } of lab.nodes)
        expect((await dht.get('k', { level: 'quorum' }))?.version).toEqual(winner?.version)
    }),
  )

  test('a quorum write does not lose to one that was acknowledged before it, whatever the clocks', () =>
    withLab({ clockOffsetMs: (peerId) => (peerId === 'node-1' ? 300 : 0) }, async (lab) => {
      for (let i = 0; i < 20; i++) {
        const key = `k${i}`
        const before = await lab.node(0).dht.put(key, bytesOf('before'))
        const after = await lab.node(1).dht.put(key, bytesOf('after'))
        expect(compareVersions(after.version, before.version)).toBeGreaterThan(0)
        for (const { dht } of lab.nodes)
          expect(textOf((await dht.get(key, { level: 'quorum' }))?.value)).toBe('after')
      }
    }))

  test('a record that real keeps refusing becomes a dead letter, is told, and is not dropped', () =>
    withLab({ tuning: { sendTriesMax: 3 } }, async (lab) => {
      const node = lab.node(0)
      const letters: DeadLetter[] = []
      node.controls.on('dead-letter', (letter) => letters.push(letter))
      let refuses = true
      node.tap.before = ({ op, args }) => {
        const { key } = args[0] as { readonly key: string }
        if (refuses && op === 'apply' && key === 'poison')
          throw dhtError('DHT_RECORD_INVALID', 'a replica refuses it')
      }
      const receipt = await node.dht.put('poison', bytesOf('v'))
      await lab.until(() => letters.length > 0, 'the dead letter')
      await lab.pass(5_000)
      expect(letters).toHaveLength(1)
      expect(node.controls.deadLetters()).toMatchObject([
        { key: 'poison', code: 'DHT_RECORD_INVALID', tries: 3, version: receipt.version },
      ])
      expect(node.store.isDirty('poison')).toBe(true)
      expect(textOf((await node.dht.get('poison'))?.value)).toBe('v')
      refuses = false
      expect(node.controls.retry('poison')).toBe(true)
      await lab.until(() => !node.store.isDirty('poison'), 'the record at its replicas')
      expect(node.controls.deadLetters()).toEqual([])
      expect(node.controls.retry('poison')).toBe(false)
    }))

  test('a record that real refuses does not bar the way back', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      node.tap.before = ({ op, args }) => {
        const { key } = args[0] as { readonly key: string }
        if (op === 'apply' && key === 'poison')
          throw dhtError('DHT_RECORD_INVALID', 'a replica refuses it')
      }
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await node.dht.put('poison', bytesOf('v'))
      await node.dht.put('sound', bytesOf('v'))
      lab.heal()
      await lab.serving(0)
      expect(lab.node(1).store.head('sound')).toBeDefined()
      expect(textOf((await node.dht.get('poison'))?.value)).toBe('v')
    }))

  test('nor does one that is refused after an earlier write of its key was sent', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('0'))
      let refuses = false
      node.tap.before = ({ op, args }) => {
        const [record, options] = args as [StampedRecord, ApplyOptions | undefined]
        if (op === 'get') throw dhtPort.unavailable('away')
        if (op !== 'apply' || record.key !== 'k') return
        if (refuses) throw dhtError('DHT_RECORD_INVALID', 'a replica refuses it')
        // So that the drain has something to send.
        if (options?.level === 'local') throw dhtPort.unavailable('away')
      }
      for (let i = 0; i < 3; i++) await node.dht.get('k')
      await node.dht.put('k', bytesOf('1'))
      const { before } = node.tap
      node.tap.before = (call) => (call.op === 'get' ? undefined : before(call))
      await lab.until(
        () => node.controls.phase === 'catching-up' && !node.store.isDirty('k'),
        'the first write sent',
      )
      refuses = true
      await node.dht.put('k', bytesOf('2'))
      await lab.serving(0)
      expect(node.store.isDirty('k')).toBe(true)
      expect(textOf((await node.dht.get('k'))?.value)).toBe('2')
    }))
})
