import { describe, expect, jest, test } from '@jest/globals'
import { utf8 } from '@bzzz/base'
import { memoryViewStorage } from '../src/index.js'
import { Lab } from './lab.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

const CYCLES = 50

describe('a DHT that is stopped, and another that is started over the same store', () => {
  test(`${CYCLES} times under load: nothing that was acknowledged is lost`, async () => {
    const lab = await Lab.of(3)
    const written = new Map<string, string>()
    const handlers = new Set<Promise<void>>()
    const load = new AbortController()
    let pending = 0
    const writeBy = async (index: number): Promise<void> => {
      for (let n = 0; !load.signal.aborted; n++) {
        const [key, opId] = [`key ${index} ${n % 40}`, `${index} ${n}`]
        const end = await lab
          .node(index)
          .dht.put(key, utf8(opId), { opId, timeoutMs: 300 })
          .then(
            ({ outcome }) => outcome,
            () => 'failed',
          )
        if (end === 'acknowledged') written.set(key, opId)
        else {
          // Whether it takes effect is open: the next one of the key decides.
          written.delete(key)
          pending++
        }
        await new Promise<void>((resolve) => void lab.world.after(20, resolve, 'pause'))
      }
    }
    for (const index of [0, 1, 2]) handlers.add(writeBy(index))
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const { dht } = await lab.restart(2)
      expect(dht.isSettled).toBe(true)
      await lab.world.runFor(5 + ((cycle * 37) % 90))
    }
    load.abort()
    await lab.world.complete(Promise.all(handlers))
    expect(written.size).toBeGreaterThan(60)
    expect(pending).toBeGreaterThan(0)
    for (const [key, opId] of written)
      for (const { dht } of lab.nodes) {
        const found = await lab.world.complete(dht.get(key))
        expect(new TextDecoder().decode(found?.value)).toBe(opId)
      }
    await lab.world.runUntil(() => lab.nodes.every(({ store }) => store.dirtyBytes === 0), 10_000)
  }, 60_000)

  test('is sent at once what waits for it at the others', async () => {
    const lab = await Lab.of(3)
    await lab.world.complete(lab.node(2).dht.stop())
    lab.rule = (from, _, request) => (from === 2 && request.kind === 'groups' ? 'lost' : undefined)
    await lab.world.complete(lab.node(0).dht.put('k', utf8('v')))
    // By now it is tried ever more rarely.
    await lab.world.runFor(60_000)
    expect(lab.node(2).store.head('k')).toBeUndefined()
    const startMs = lab.world.nowMs
    await lab.world.complete(lab.node(2).remake().start())
    await lab.world.runUntil(() => lab.node(2).store.head('k') !== undefined, 10_000)
    expect(lab.world.nowMs - startMs).toBeLessThan(20)
  })

  test('waits for a request that is being served', async () => {
    const lab = await Lab.of(3)
    const { store, dht } = lab.node(2)
    const events: string[] = []
    store.onCommit(({ key }) => events.push(`stored ${key}`))
    let hasArrived = false
    lab.rule = (_, to, request) => {
      if (to === 2 && request.kind === 'write') hasArrived = true
      return undefined
    }
    const put = lab.node(0).dht.put('k', utf8('v'))
    await lab.world.runUntil(() => hasArrived, 1000)
    let isServed = false
    const apply = store.apply.bind(store)
    store.apply = async (records) => {
      await new Promise<void>((resolve) => void lab.world.after(150, resolve, 'a slow disk'))
      const applied = await apply(records)
      isServed = true
      return applied
    }
    await lab.world.runFor(50)
    expect(isServed).toBe(false)
    await lab.world.complete(dht.stop())
    expect(isServed).toBe(true)
    await lab.world.complete(put)
  })

  test('waits for a change of its view that is being saved', async () => {
    const lab = new Lab()
    const kept = memoryViewStorage()
    let saving = 0
    const viewStorage = {
      load: () => kept.load(),
      save: async (bytes: Uint8Array) => {
        saving++
        await new Promise<void>((resolve) => void lab.world.after(300, resolve, 'a slow disk'))
        await kept.save(bytes)
        saving--
      },
    }
    const { dht } = await lab.add(0, { viewStorage })
    // It learns of the other by asking, not by being told.
    lab.rule = (from, _, request) =>
      from === 1 && request.kind === 'exchange' ? 'lost' : undefined
    await lab.add(1)
    await lab.world.runUntil(() => saving > 0, 5000)
    await lab.world.complete(dht.stop())
    expect(saving).toBe(0)
  })

  test('keeps nothing of its own running', async () => {
    const lab = await Lab.of(3)
    const { dht } = lab.node(2)
    await lab.world.complete(lab.node(0).dht.put('k', utf8('v')))
    lab.rule = (from) => (from === 2 ? 'late' : undefined)
    const copying = lab.outcome(dht.copyAll())
    await lab.world.runFor(20)
    await lab.world.complete(dht.stop())
    let asked = 0
    lab.rule = (from) => {
      if (from === 2) asked++
      return undefined
    }
    await lab.world.runFor(200_000)
    expect(asked).toBe(0)
    expect(await copying).toBe('DHT_UNAVAILABLE')
  })
})
