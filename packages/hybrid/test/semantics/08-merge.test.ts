import { compareVersions } from '@bzzz/base'
import { dhtError } from '@bzzz/dht-core'
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
})
