import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

describe('the way back to real', () => {
  test('is not barred by a dirty key whose own replicas are short', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const node = lab.node(0)
      const gone = new Set(['node-4', 'node-5'])
      const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
      const short = keys.filter(
        (key) => lab.network.replicasOf(key).filter((peerId) => gone.has(peerId)).length === 2,
      )
      expect(short.length).toBeGreaterThan(3)
      for (const at of [0, 3, 4]) lab.isolate(at)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (const key of short) await node.dht.put(key, bytesOf('v'))
      lab.heal()
      for (const at of [3, 4]) lab.isolate(at)
      await lab.until(() => node.controls.phase === 'real', 'real serves', 60_000)
      for (const key of short) expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      lab.heal()
      await lab.until(() => node.store.dirtyBytes === 0, 'nothing is left to send')
    }))
})

describe('the way back to real and one key that is stuck', () => {
  test('is not barred by a record that its replicas do not take', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await node.dht.put('stuck', bytesOf('v'))
      await node.dht.put('sound', bytesOf('v'))
      // As where a replica keeps the key locked for one conditional write after the other.
      node.tap.swap = ({ op, args }, answer) =>
        op === 'apply' && (args[0] as { key: string }).key === 'stuck'
          ? { ...(answer as object), outcome: 'pending' }
          : answer
      lab.heal()
      await lab.until(() => node.controls.phase === 'real', 'real serves', 30_000)
      expect(lab.node(1).store.head('sound')).toBeDefined()
    }))

  test('is barred where real takes nothing at all', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' }, { isNow: true })
      await node.dht.put('k', bytesOf('v'))
      node.tap.swap = ({ op }, answer) =>
        op === 'apply' ? { ...(answer as object), outcome: 'pending' } : answer
      const before = node.switches.length
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.pass(10_000)
      const served = node.switches
        .slice(before)
        .filter((event) => event.kind === 'backend-switched' && event.to === 'real')
      expect(served).toEqual([])
    }))
})

describe('a side that is frozen', () => {
  test('gathers no listeners of probes that never end', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const signals = new Set<AbortSignal>()
      node.tap.before = ({ op, args }) => {
        const { signal } = args[1] as { signal?: AbortSignal }
        if (op === 'apply' && signal !== undefined) signals.add(signal)
        return new Promise<void>(() => {})
      }
      for (let i = 0; i < 3; i++) await node.dht.put(`k${i}`, bytesOf('v'))
      await lab.pass(20_000)
      const open = Array.from(signals).filter((signal) => !signal.aborted)
      expect([signals.size > 8, open.length <= 1]).toEqual([true, true])
    }))
})
