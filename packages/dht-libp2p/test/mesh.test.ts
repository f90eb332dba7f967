import { describe, expect, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { World } from '@bzzz/sim'
import { clusterOf } from './cluster.js'
import { Mesh } from './mesh.js'

describe('a mesh', () => {
  test.each([1, 2, 3, 5])(
    'of %i nodes reads everywhere what a quorum acknowledged',
    async (count) => {
      const cluster = await clusterOf(count)
      const { world, nodes } = cluster
      for (let i = 0; i < 20; i++) {
        const writer = nodes[i % count]?.dht
        const receipt = await world.complete(
          writer?.put(`k${i}`, utf8(`v${i}`)) ?? Promise.reject(),
        )
        expect(receipt.outcome).toBe('acknowledged')
        for (const { dht } of nodes) {
          const found = await world.complete(dht.get(`k${i}`))
          expect(found === undefined ? undefined : fromUtf8(found.value)).toBe(`v${i}`)
        }
      }
      await cluster.stop()
    },
  )
})

describe('a node that joins', () => {
  test('is unavailable at quorum until it met somebody, when it is meant to join', async () => {
    const world = new World({ seed: 3 })
    const mesh = new Mesh({ world, isDurable: false, dht: { timeoutMs: 200 } })
    const site = mesh.add()
    await world.complete(mesh.boot(site, true))
    const { dht } = mesh.processOf(site)
    await expect(world.complete(dht.get('k'))).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    expect(await world.complete(dht.put('k', utf8('v')))).toMatchObject({ outcome: 'pending' })
  })

  test('brings what it wrote alone, and gets what the others hold', async () => {
    const world = new World({ seed: 4 })
    const mesh = new Mesh({ world })
    const [a, b] = [mesh.add(), mesh.add()]
    await world.complete(mesh.boot(a))
    for (let i = 0; i < 50; i++)
      await world.complete(mesh.processOf(a).dht.put(`a${i}`, utf8('of a')))
    await world.complete(mesh.boot(b))
    await world.runUntil(() => mesh.isSettled, 10_000)
    for (let i = 0; i < 50; i++)
      expect(mesh.processOf(b).store.head(`a${i}`)?.version.writer).toBe(a.machine.peerId)
  })

  test('with its disk: it counts at once; without its data: not until it has caught up', async () => {
    for (const isDurable of [true, false]) {
      const world = new World({ seed: 5 })
      const mesh = new Mesh({ world, isDurable })
      const sites = [mesh.add(), mesh.add(), mesh.add()]
      for (const site of sites) await world.complete(mesh.boot(site))
      await world.runUntil(() => mesh.isSettled, 10_000)
      const [a, b, c] = sites
      if (a === undefined || b === undefined || c === undefined) throw new Error('three sites')
      await world.complete(mesh.processOf(a).dht.put('k', utf8('v'), { level: 'all' }))
      mesh.crash(c)
      mesh.network.isolate(c.machine.peerId)
      await world.complete(mesh.boot(c))
      expect(mesh.processOf(c).dht.isSettled).toBe(isDurable)
      mesh.network.heal()
      await world.runUntil(() => mesh.isSettled, 10_000)
      expect(mesh.processOf(c).store.head('k')).toBeDefined()
    }
  })

  test('a node that lost its data waits for every quorum that it was part of', async () => {
    const world = new World({ seed: 6 })
    const mesh = new Mesh({ world, isDurable: false })
    const sites = [mesh.add(), mesh.add(), mesh.add()]
    for (const site of sites) await world.complete(mesh.boot(site))
    await world.runUntil(() => mesh.isSettled, 10_000)
    const [a, b, c] = sites
    if (a === undefined || b === undefined || c === undefined) throw new Error('three sites')
    mesh.crash(c)
    mesh.network.isolate(b.machine.peerId)
    await world.complete(mesh.boot(c))
    await world.runFor(3000)
    expect(mesh.processOf(c).dht.isSettled).toBe(false)
    mesh.network.heal()
    await world.runUntil(() => mesh.isSettled, 10_000)
  })
})
