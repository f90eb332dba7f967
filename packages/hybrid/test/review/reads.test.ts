import { compareVersions } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { Gate, withLab, type Lab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

const foreignTo = (lab: Lab, peerId: string): string => {
  const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find(
    (each) => !lab.network.replicasOf(each).includes(peerId),
  )
  if (key === undefined) throw new Error(`${peerId} is a replica of every key`)
  return key
}

describe('a read at a named level', () => {
  test('does not show a write of this node that no quorum holds yet', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const [node, peer] = [lab.node(0), lab.node(1)]
      const key = foreignTo(lab, 'node-1')
      await peer.dht.put(key, bytesOf('old'), { level: 'all' })
      const [answer, sent] = [new Gate(), new Gate()]
      node.tap.after = ({ op }) => (op === 'get' ? answer.opened : undefined)
      node.tap.before = ({ op }) => (op === 'apply' ? sent.opened : undefined)
      const reading = node.dht.get(key, { level: 'quorum' })
      await lab.pass(10)
      const writing = node.dht.put(key, bytesOf('new'), { level: 'quorum' })
      await lab.until(() => node.store.isDirty(key), 'the write in the store')
      answer.open()
      const first = await reading
      const second = await peer.dht.get(key, { level: 'quorum' })
      sent.open()
      await writing
      if (first === undefined || second === undefined) throw new Error('nothing was found')
      // A later read at a quorum may not show less than an earlier one.
      expect(compareVersions(second.version, first.version)).toBeGreaterThanOrEqual(0)
    }))
})

describe('entering mode `mock` with a copy', () => {
  test('what was read after its range was copied does not vanish', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const [node, peer] = [lab.node(0), lab.node(1)]
      const key = foreignTo(lab, 'node-1')
      const copied = new Gate()
      node.tap.after = ({ op }) => (op === 'copyAll' ? copied.opened : undefined)
      const leaving = node.controls.setMode({ mode: 'mock' })
      await lab.pass(500)
      await peer.dht.put(key, bytesOf('new'), { level: 'all' })
      const before = textOf((await node.dht.get(key))?.value)
      copied.open()
      await leaving
      expect([before, textOf((await node.dht.get(key))?.value)]).toEqual(['new', 'new'])
    }))
})

describe('an answer of real that has expired', () => {
  test('is not shown from memory while real is away', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const [node, peer] = [lab.node(0), lab.node(1)]
      const key = foreignTo(lab, 'node-1')
      const expiresAtMs = lab.world.clock.nowMs() + 5_000
      await peer.dht.put(key, bytesOf('v'), { level: 'all', expiresAtMs })
      expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      expect(textOf((await node.dht.get(key))?.value)).toBe('v')
      await lab.pass(10_000)
      const shown = await node.dht.get(key).then(
        (found) => textOf(found?.value),
        () => 'unavailable',
      )
      expect(shown).toBe('unavailable')
    }))
})
