import { expect, test } from '@jest/globals'
import { seededRandom } from '@bzzz/base'
import { MockDHT } from '@bzzz/dht-mock'
import { SimDisk, World } from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import { bytesOf, createRig, HybridDHT, textOf } from './support.js'

test('real serves from the start, and its acknowledgement is a quorum', async () => {
  const { dht, run, pass, peers } = await createRig()
  await pass(50)
  expect(dht.controls.serving).toBe('real')
  const receipt = await run(() => dht.put('k', bytesOf('v')))
  expect(receipt).toMatchObject({
    outcome: 'acknowledged',
    level: 'quorum',
    heldBy: ['me', 'peer'],
  })
  expect(peers.records.has('k')).toBe(true)
  expect(textOf((await run(() => dht.get('k')))?.value)).toBe('v')
  const told = await run(() => dht.get('k', { explain: true }))
  expect(told.explanation).toEqual({ source: 'real', reason: 'real serves', staleForMs: 0 })
  expect(textOf(told.answer?.value)).toBe('v')
})

test('falls back within the deadline, goes on from the store, and comes back by itself', async () => {
  const { dht, run, pass, peers, world } = await createRig()
  await pass(50)
  await run(() => dht.put('mine', bytesOf('1')))
  peers.turn('hanging')
  const startMs = world.clock.monotonicMs()
  const late = await run(() => dht.put('mine', bytesOf('2')))
  expect(late).toMatchObject({ outcome: 'acknowledged', level: 'local', heldBy: ['me'] })
  expect(world.clock.monotonicMs() - startMs).toBeLessThanOrEqual(100)
  for (let i = 0; i < 3; i++) await run(() => dht.put(`more-${i}`, bytesOf('x')))
  expect(dht.controls.serving).toBe('store')
  expect(dht.controls.health()).toMatchObject({ status: 'degraded', serving: 'store' })
  const openMs = world.clock.monotonicMs()
  await run(() => dht.put('open', bytesOf('x')))
  expect(world.clock.monotonicMs() - openMs).toBeLessThanOrEqual(5)
  expect(textOf((await run(() => dht.get('mine')))?.value)).toBe('2')
  await expect(run(() => dht.get('foreign'))).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  await expect(run(() => dht.get('foreign', { allowStale: true }))).resolves.toBeUndefined()
  peers.turn('up')
  await pass(5_000)
  expect(dht.controls.serving).toBe('real')
  expect(textOf(peers.records.get('mine')?.value)).toBe('2')
  expect(dht.controls.metrics()).toMatchObject({ fallback_events: 1, recovery_events: 1 })
})

test('modes change at run time, and what is sent follows them', async () => {
  const { dht, run, pass, peers } = await createRig({ mode: 'mock', percent: 100 })
  await run(() => dht.put('a', bytesOf('1')))
  await pass(2_000)
  expect([peers.starts, peers.applied.length]).toEqual([0, 0])
  await run(() => dht.controls.setMode({ mode: 'hybrid', percent: 0 }))
  expect([peers.starts, dht.controls.serving]).toEqual([1, 'store'])
  expect(peers.records.has('a')).toBe(true)
  await run(() => dht.put('b', bytesOf('2')))
  await pass(50)
  expect(peers.records.has('b')).toBe(true)
  await run(() => dht.controls.setMode({ mode: 'real' }))
  expect(dht.controls.serving).toBe('real')
  await run(() => dht.controls.setMode({ mode: 'mock' }))
  expect([peers.stops, dht.controls.serving, dht.controls.isComplete]).toEqual([1, 'store', true])
  expect(await run(() => dht.get('absent'))).toBeUndefined()
})

test('after leaving at once, what is not here is unavailable and not absent', async () => {
  const { dht, run } = await createRig()
  await run(() => dht.put('k', bytesOf('v')))
  await run(() => dht.controls.setMode({ mode: 'mock' }, { isNow: true }))
  expect(dht.controls.isComplete).toBe(false)
  expect(textOf((await run(() => dht.get('k')))?.value)).toBe('v')
  await expect(run(() => dht.get('absent'))).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
})

test('while the replicas decide a condition, nobody else sends the record', async () => {
  const { dht, run, pass, peers, store } = await createRig()
  await pass(50)
  const found = await run(() => dht.put('k', bytesOf('1')))
  peers.turn('hanging')
  const decision = run(() =>
    dht.put('k', bytesOf('2'), { expectedVersion: found.version, opId: 'cas', timeoutMs: 5_000 }),
  ).catch(() => {})
  // What the real side logs while it waits for the replicas.
  await run(() => store.append({ key: 'k', value: bytesOf('2') }, { opId: 'cas' }).committed)
  expect(store.isDirty('k')).toBe(true)
  const draining = run(() => dht.controls.drain())
  await draining
  expect(store.isDirty('k')).toBe(true)
  peers.turn('up')
  await decision
  await pass(3_000)
  expect(store.isDirty('k')).toBe(false)
})

test('a slow disk of this node is no outage of real', async () => {
  const world = new World({ seed: 4 })
  const { clock } = world
  const random = seededRandom(4)
  const disk = new SimDisk(world, { syncMaxMs: 400 })
  const store = new LogStore({ writer: 'me', clock, random, disk })
  const stopWorld = world.drive()
  await store.start()
  const embedded = (): MockDHT => new MockDHT({ store, clock, random })
  const dht = new HybridDHT({
    component: 'dht',
    mock: embedded(),
    // A quorum that is this node alone.
    real: () => ({ port: embedded() }),
    store,
    setting: { mode: 'hybrid', percent: 100 },
    clock,
    random,
  })
  await dht.start()
  for (let i = 0; i < 500 && dht.controls.serving !== 'real'; i++)
    await new Promise<void>((resolve) => void world.after(10, resolve, 'serving'))
  for (let i = 0; i < 20; i++)
    expect(await dht.put(`k${i}`, bytesOf('v'))).toMatchObject({ level: 'quorum' })
  expect(dht.controls.serving).toBe('real')
  expect(dht.controls.metrics().fallback_events).toBe(0)
  await dht.stop()
  await store.stop()
  stopWorld()
})
