import { describe, expect, test } from '@jest/globals'
import { Gate, withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

describe('semantics 7: the read fence', () => {
  test('read your writes: through fallback and return, while they are dirty and after', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const seen: (string | undefined)[] = []
      const writeAndRead = async (text: string): Promise<void> => {
        await node.dht.put('k', bytesOf(text))
        seen.push(textOf((await node.dht.get('k'))?.value))
      }
      await writeAndRead('1')
      lab.isolate(0)
      await writeAndRead('2')
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await writeAndRead('3')
      lab.heal()
      while (node.controls.phase !== 'real') {
        await writeAndRead(String(seen.length + 1))
        await lab.pass(20)
      }
      await writeAndRead('last')
      expect(seen).toEqual([...seen.slice(0, -1).map((_, i) => String(i + 1)), 'last'])
    }))

  test('while real serves, nothing older is shown than what this node wrote', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('old'), { level: 'all' })
      const old = await node.dht.get('k')
      node.tap.swap = ({ op }, answer) => (op === 'get' ? old : answer)
      await node.dht.put('k', bytesOf('new'))
      const { answer, explanation } = await node.dht.get('k', { explain: true })
      expect(textOf(answer?.value)).toBe('new')
      expect(explanation.source).toBe('store')
    }))

  test('nor "nothing" of what its replicas do not have yet; a deletion elsewhere is told', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const held = new Gate()
      node.tap.swap = ({ op }, answer) => (op === 'get' ? undefined : answer)
      node.tap.before = ({ op }) => (op === 'apply' ? held.opened : undefined)
      await node.dht.put('k', bytesOf('new'), { level: 'local' })
      expect(textOf((await node.dht.get('k'))?.value)).toBe('new')
      held.open()
      await lab.until(() => !node.store.isDirty('k'), 'the record at its replicas')
      await lab.node(1).dht.delete('k')
      expect(await node.dht.get('k')).toBeUndefined()
    }))

  test('nor older than what real has shown before', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const node = lab.node(0)
      const key = Array.from({ length: 40 }, (_, i) => `k${i}`).find(
        (each) => !lab.network.replicasOf(each).includes('node-1'),
      )
      if (key === undefined) throw new Error('this node holds every key')
      await lab.node(1).dht.put(key, bytesOf('old'))
      const old = await node.dht.get(key)
      await lab.node(1).dht.put(key, bytesOf('new'))
      expect(textOf((await node.dht.get(key))?.value)).toBe('new')
      node.tap.swap = ({ op }, answer) => (op === 'get' ? old : answer)
      const { answer, explanation } = await node.dht.get(key, { explain: true })
      expect([textOf(answer?.value), explanation.source]).toEqual(['new', 'memory'])
    }))

  test('monotonic: what real has shown is not taken back when it goes away', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
      const foreign = keys.filter((key) => !lab.network.replicasOf(key).includes('node-1'))
      expect(foreign.length).toBeGreaterThan(3)
      for (const key of foreign) await lab.node(1).dht.put(key, bytesOf('1'))
      const node = lab.node(0)
      for (const key of foreign) await node.dht.get(key)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (const key of foreign) {
        const { answer, explanation } = await node.dht.get(key, { explain: true })
        expect([textOf(answer?.value), explanation.source]).toEqual(['1', 'memory'])
      }
    }))

  test('and an older record of the store does not take its place', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('old'), { level: 'all' })
      const theirs = await lab.node(1).dht.put('k', bytesOf('new'), { level: 'all' })
      const newer = await lab.node(1).dht.get('k')
      // As if this replica were the one that the write has not reached.
      const later = { ...newer, version: { ...theirs.version, wallMs: theirs.version.wallMs + 1 } }
      node.tap.swap = ({ op }, answer) => (op === 'get' ? later : answer)
      await node.dht.get('k')
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      const { answer, explanation } = await node.dht.get('k', { explain: true })
      expect([answer?.version, explanation.source]).toEqual([later.version, 'memory'])
    }))

  test('a degraded miss is unavailable, never "does not exist", unless stale answers are allowed', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      expect(await node.dht.get('absent')).toBeUndefined()
      lab.isolate(0)
      await expect(node.dht.get('absent too')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await expect(node.dht.get('absent')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
      expect(node.controls.details().unavailable_reads).toBe(2)
      expect(await node.dht.get('absent', { allowStale: true })).toBeUndefined()
      expect(node.controls.details().unavailable_reads).toBe(2)
    }))

  test('what this node deleted is told as absent all the same', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await node.dht.delete('k')
      expect(await node.dht.get('k')).toBeUndefined()
    }))

  test('what was shown while this node was leaving its peers does not vanish', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const node = lab.node(0)
      const key = Array.from({ length: 40 }, (_, i) => `k${i}`).find(
        (each) => !lab.network.replicasOf(each).includes('node-1'),
      )
      if (key === undefined) throw new Error('this node holds every key')
      // Written and read between the copy and the change of the mode.
      const save = node.completeness.save.bind(node.completeness)
      const shown: (string | undefined)[] = []
      node.completeness.save = async (isComplete) => {
        if (isComplete) {
          await lab.node(1).dht.put(key, bytesOf('v'))
          shown.push(textOf((await node.dht.get(key))?.value))
        }
        await save(isComplete)
      }
      await node.controls.setMode({ mode: 'mock' })
      shown.push(textOf((await node.dht.get(key))?.value))
      expect(shown).toEqual(['v', 'v'])
    }))

  test('what has expired meanwhile is not shown from memory', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const node = lab.node(0)
      const key = Array.from({ length: 40 }, (_, i) => `k${i}`).find(
        (each) => !lab.network.replicasOf(each).includes('node-1'),
      )
      if (key === undefined) throw new Error('this node holds every key')
      const expiresAtMs = lab.world.clock.nowMs() + 10_000
      await lab.node(1).dht.put(key, bytesOf('v'), { expiresAtMs })
      expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      await lab.pass(10_000)
      await expect(node.dht.get(key)).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    }))
})
