import type { StampedRecord } from '@bzzz/base'
import { expect, test } from '@jest/globals'
import { Gate, withLab } from '../lab.js'
import { bytesOf, createRig, textOf } from '../support.js'

test('R6: several who send what is dirty at once send it to the same effect as one', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    for (let i = 0; i < 50; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    const told = new Map<string, number>()
    lab.node(1).store.onCommit(({ key }) => told.set(key, (told.get(key) ?? 0) + 1))
    const flip = node.controls.setMode({ mode: 'hybrid' })
    await lab.until(() => node.controls.phase === 'catching-up', 'the catch-up')
    await Promise.all([flip, node.controls.drain(), node.controls.drain(), node.controls.drain()])
    await lab.serving(0)
    await lab.pass(1_000)
    for (let i = 0; i < 50; i++) expect(told.get(`k${i}`)).toBe(1)
    expect(node.store.dirtyBytes).toBe(0)
  }))

test('R7: an old write that is sent late does not overtake a new one of its key', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    await node.dht.put('k', bytesOf('old'))
    const held = new Gate()
    node.tap.before = ({ op, args }) => {
      const { key, value } = args[0] as Partial<StampedRecord>
      return op === 'apply' && key === 'k' && textOf(value) === 'old' ? held.opened : undefined
    }
    node.tap.calls.length = 0
    void node.controls.setMode({ mode: 'hybrid' })
    await lab.until(() => node.tap.count('apply') > 0, 'the old write on its way')
    const seen: string[] = []
    for (const at of [1, 2])
      lab.node(at).store.onCommit(({ key, value }) => {
        if (key === 'k') seen.push(textOf(value) ?? '')
      })
    const direct = await node.dht.put('k', bytesOf('new'), { level: 'all' })
    expect(direct.outcome).toBe('acknowledged')
    held.open()
    await lab.serving(0)
    await lab.pass(1_000)
    expect(new Set(seen)).toEqual(new Set(['new']))
    for (const { dht } of lab.nodes)
      expect(textOf((await dht.get('k', { level: 'quorum' }))?.value)).toBe('new')
  }))

test('R8: the operation id of a write guards it for as long as the record lives, not for a time', async () => {
  const { dht, run, world } = await createRig({ mode: 'mock', percent: 100 })
  const first = await run(() => dht.put('k', bytesOf('v'), { opId: 'once' }))
  // Nothing keeps time in mode `mock` but the upkeep, once a second: a day, and a jump of a year.
  await world.runFor(86_400_000)
  const retry = await run(() => dht.put('k', bytesOf('v'), { opId: 'once' }))
  expect(retry.version).toEqual(first.version)
  const later = await run(() => dht.put('k', bytesOf('w')))
  await run(() => dht.put('k', bytesOf('v'), { opId: 'once' }))
  expect((await run(() => dht.get('k')))?.version).toEqual(later.version)
})

test('R9: receivers that restart leave no gap: whatever is dirty arrives', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    for (let i = 0; i < 200; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    const flip = node.controls.setMode({ mode: 'hybrid' })
    for (const at of [1, 2, 1, 2]) {
      await lab.pass(30)
      lab.node(at).kill('power')
      await lab.node(at).again()
    }
    await flip
    await lab.serving(0, 1, 2)
    await lab.until(() => node.store.dirtyBytes === 0, 'nothing dirty')
    for (let i = 0; i < 200; i++) {
      const holders = lab.nodes.filter(({ store }) => store.head(`k${i}`) !== undefined)
      expect(holders.length).toBeGreaterThanOrEqual(2)
    }
  }))

test('R10: "I have a newer one" is an answer: not tried for ever, nor skipped with the rest', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    await node.dht.put('k', bytesOf('older'))
    await node.dht.put('other', bytesOf('v'))
    await lab.pass(50)
    const newer = await lab.node(1).dht.put('k', bytesOf('newer'))
    node.tap.calls.length = 0
    await node.controls.setMode({ mode: 'hybrid' })
    await lab.serving(0)
    await lab.pass(10_000)
    const sent = node.tap.calls.filter(
      ({ op, args }) => op === 'apply' && (args[0] as StampedRecord).key === 'k',
    )
    expect(sent.length).toBeLessThanOrEqual(2)
    expect(node.store.isDirty('k')).toBe(false)
    expect(lab.node(1).store.head('other')).toBeDefined()
    for (const { dht } of lab.nodes)
      expect((await dht.get('k', { level: 'quorum' }))?.version).toEqual(newer.version)
    expect(node.controls.deadLetters()).toEqual([])
  }))

test('R11: peers that come and go faster than it catches up do not starve it', () =>
  withLab({ tuning: { drainPerS: 100, drainInFlightMax: 4 } }, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    for (let i = 0; i < 200; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    lab.isolate(0)
    void node.controls.setMode({ mode: 'hybrid' })
    let flaps = 0
    // Two seconds of sending are needed; each spell of contact lasts less than one.
    while (node.store.dirtyBytes > 0) {
      if (++flaps > 60) throw new Error('it starves')
      lab.heal()
      await lab.pass(800)
      lab.isolate(0)
      await lab.pass(600)
    }
    expect(flaps).toBeGreaterThan(2)
    lab.heal()
    await lab.serving(0)
  }))

test('R12: peers that answer but cannot write do not count as back', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.dht.put('k', bytesOf('v'), { level: 'all' })
    for (const at of [1, 2]) lab.node(at).disk.failSyncs(() => true)
    for (let i = 0; i < 5; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    await lab.until(() => node.controls.phase !== 'real', 'the fallback')
    await lab.pass(20_000)
    expect(node.controls.phase).not.toBe('real')
    expect(node.tap.count('apply')).toBeGreaterThan(10)
    for (const at of [1, 2]) {
      lab.node(at).disk.failSyncs(() => false)
      lab.node(at).kill('power')
      await lab.node(at).again()
    }
    await lab.serving(0)
  }))

test('R13: two that both fell back do not both win a claim', () =>
  withLab({ nodes: 5 }, async (lab) => {
    const [a, b] = [lab.node(0), lab.node(1)]
    lab.isolate(0)
    lab.isolate(1)
    await lab.until(
      () => a.controls.phase === 'local' && b.controls.phase === 'local',
      'both fell back',
    )
    const claim = (node: typeof a): Promise<string> =>
      node.dht.put('job', bytesOf(node.peerId), { expectedVersion: null, timeoutMs: 100 }).then(
        ({ outcome }) => outcome,
        () => 'refused',
      )
    expect(await Promise.all([claim(a), claim(b)])).toEqual(['refused', 'refused'])
    expect([a.store.head('job'), b.store.head('job')]).toEqual([undefined, undefined])
    lab.heal()
    await lab.serving(0, 1)
    const outcomes = await Promise.all([claim(a), claim(b)])
    expect(outcomes.filter((outcome) => outcome === 'acknowledged').length).toBeLessThanOrEqual(1)
    await claim(lab.node(2))
    const winners = await Promise.all(
      lab.nodes.map(async ({ dht }) => textOf((await dht.get('job', { level: 'quorum' }))?.value)),
    )
    expect(new Set(winners).size).toBe(1)
    expect(winners[0]).toBeDefined()
  }))
