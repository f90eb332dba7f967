import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

describe('semantics 4: the log record', () => {
  test('a retry with its operation id takes effect once, over switches and restarts', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      const first = await node.dht.put('k', bytesOf('1'), { opId: 'op' })
      await node.dht.put('k', bytesOf('2'))
      expect(await node.dht.put('k', bytesOf('1'), { opId: 'op' })).toMatchObject({
        version: first.version,
      })
      lab.heal()
      await lab.serving(0)
      await node.dht.put('k', bytesOf('1'), { opId: 'op' })
      node.kill('power')
      await node.again()
      await lab.serving(0)
      await node.dht.put('k', bytesOf('1'), { opId: 'op' })
      expect(textOf((await lab.node(1).dht.get('k'))?.value)).toBe('2')
    }))

  test('writes that queue while the disk syncs share the next sync', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const before = node.disk.syncs
      await Promise.all(Array.from({ length: 200 }, (_, i) => node.dht.put(`k${i}`, bytesOf('v'))))
      expect(node.disk.syncs - before).toBeLessThanOrEqual(10)
    }))

  test('effect, operation id and dirty mark are in one batch: a power cut keeps all or none', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (let round = 0; round < 10; round++) {
        const acknowledged = new Set<string>()
        for (let i = 0; i < 20; i++) {
          const key = `r${round}-${i}`
          node.dht.put(key, bytesOf(key), { opId: key }).then(
            () => acknowledged.add(key),
            () => {},
          )
          if (i % 5 === round % 5) await lab.pass(0.3)
        }
        node.kill('power')
        const told = Array.from(acknowledged)
        await node.again()
        const dirty = new Set(node.store.dirtyKeys())
        for (const key of told) expect(node.store.head(key)).toBeDefined()
        for (let i = 0; i < 20; i++) {
          const key = `r${round}-${i}`
          expect(dirty.has(key)).toBe(node.store.head(key) !== undefined)
        }
      }
    }))
})

describe('semantics 5: the fencing epoch', () => {
  test('is one higher at each start, before anything is served', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const epochs = [node.store.epoch]
      for (let i = 0; i < 3; i++) {
        node.kill('power')
        await node.again()
        epochs.push(node.store.epoch)
      }
      expect(epochs).toEqual([1, 2, 3, 4])
    }))
})
