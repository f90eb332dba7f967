import { describe, expect, test } from '@jest/globals'
import type { ModeSetting } from '@bzzz/base'
import { OverPeers, type PeerNode } from './over-peers.js'
import { bytesOf, textOf } from './support.js'

const ALL: ModeSetting = { mode: 'hybrid', percent: 100 }
const QUORUM = { level: 'quorum' } as const

const started = async (count: number, setting = ALL): Promise<OverPeers> => {
  const mesh = new OverPeers(count, setting)
  await mesh.start()
  return mesh
}

const putAll = async (
  { world }: OverPeers,
  { dht }: PeerNode,
  keys: readonly string[],
  value: string,
): Promise<void> => {
  const receipts = await world.complete(
    Promise.all(keys.map((key) => dht.put(key, bytesOf(value)))),
  )
  for (const { outcome } of receipts) expect(outcome).toBe('acknowledged')
}

const keysOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix} ${n}`)

const expectEverywhere = async (
  { world, nodes }: OverPeers,
  keys: readonly string[],
  value: string,
): Promise<void> => {
  for (const { dht } of nodes) {
    const found = await world.complete(Promise.all(keys.map((key) => dht.get(key, QUORUM))))
    for (const one of found) expect(textOf(one?.value)).toBe(value)
  }
}

describe('a hybrid over peers', () => {
  test('enters mock with all that the mesh holds, and brings back what it wrote there', async () => {
    const mesh = await started(5)
    const { world } = mesh
    const [away, other] = [mesh.node(0), mesh.node(1)]
    const [early, own, late] = [keysOf('early', 150), keysOf('own', 150), keysOf('late', 50)]
    await putAll(mesh, other, early, 'before')
    await world.complete(away.dht.controls.setMode({ mode: 'mock' }))
    expect(away.dht.controls.phase).toBe('local')
    for (const key of early)
      expect(textOf((await world.complete(away.dht.get(key)))?.value)).toBe('before')

    await putAll(mesh, away, own, 'alone')
    await putAll(mesh, other, late, 'meanwhile')
    expect(other.store.head('own 0')).toBeUndefined()
    await world.complete(away.dht.controls.setMode(ALL))
    await world.runUntil(() => mesh.isQuiet, 30_000)
    await expectEverywhere(mesh, own, 'alone')
    await expectEverywhere(mesh, late, 'meanwhile')
  }, 60_000)

  test('serves alone while it is cut off, and from its peers within 3 s once it is not', async () => {
    const mesh = await started(3)
    const { world, network } = mesh
    const node = mesh.node(2)
    await world.runFor(60_000)
    network.isolate(node.dht.peerId)
    const keys = keysOf('cut', 300)
    for (let from = 0; from < keys.length; from += 10) {
      const startMs = world.nowMs
      await putAll(mesh, node, keys.slice(from, from + 10), 'alone')
      // The first calls wait for their deadline; heartbeats tell soon after that nobody is there.
      expect(world.nowMs - startMs).toBeLessThan(100)
    }
    expect(node.dht.controls.phase).toBe('local')
    await world.runFor(30_000)
    network.heal()
    const healedMs = world.nowMs
    await world.runUntil(() => node.dht.controls.phase === 'real', 30_000)
    expect(world.nowMs - healedMs).toBeLessThan(3_000)
    await world.runUntil(() => mesh.isQuiet, 30_000)
    await expectEverywhere(mesh, keys, 'alone')
  })

  test('20 times to mock and back under load of all nodes: nothing acknowledged is lost', async () => {
    const mesh = await started(3)
    const { world } = mesh
    const written = new Map<string, string>()
    const load = new AbortController()
    const writeBy = async (index: number): Promise<void> => {
      const { dht } = mesh.node(index)
      for (let n = 0; !load.signal.aborted; n++) {
        const [key, value] = [`by ${index} ${n % 20}`, `${n}`]
        const outcome = await dht.put(key, bytesOf(value)).then(
          (receipt) => receipt.outcome,
          () => 'failed',
        )
        if (outcome === 'acknowledged') written.set(key, value)
        else written.delete(key)
        await new Promise<void>((resolve) => void world.after(20, resolve, 'pause'))
      }
    }
    const writers = [0, 1, 2].map(writeBy)
    const { controls } = mesh.node(2).dht
    for (let cycle = 0; cycle < 20; cycle++) {
      const isNow = cycle % 3 === 0
      await world.complete(controls.setMode({ mode: 'mock' }, { isNow }))
      await world.runFor((cycle * 37) % 150)
      await world.complete(controls.setMode(ALL))
      await world.runFor((cycle * 53) % 400)
    }
    load.abort()
    await world.complete(Promise.all(writers))
    await world.runUntil(() => mesh.isQuiet, 60_000)
    expect(written.size).toBe(60)
    for (const [key, value] of written) await expectEverywhere(mesh, [key], value)
  }, 60_000)
})
