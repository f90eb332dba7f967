import { expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf, createRig, FakePeers, textOf } from '../support.js'

test('R20: what was remembered during an outage does not outlive it', () =>
  withLab({ nodes: 5 }, async (lab) => {
    const node = lab.node(0)
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    const key = keys.find((each) => !lab.network.replicasOf(each).includes('node-1')) ?? ''
    await lab.node(1).dht.put(key, bytesOf('1'))
    await node.dht.get(key)
    lab.isolate(0)
    await lab.until(() => node.controls.phase === 'local', 'the fallback')
    await lab.node(1).dht.put(key, bytesOf('2'))
    const old = await node.dht.get(key, { explain: true })
    expect(old.explanation).toMatchObject({ source: 'memory' })
    lab.heal()
    await lab.serving(0)
    const now = await node.dht.get(key, { explain: true })
    expect([textOf(now.answer?.value), now.explanation.source]).toEqual(['2', 'real'])
    await lab.node(1).dht.delete(key)
    expect(await node.dht.get(key)).toBeUndefined()
    lab.isolate(0)
    await lab.until(() => node.controls.phase === 'local', 'the fallback')
    await expect(node.dht.get(key)).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  }))

test('R21: a subscription has neither gap nor repeat over flips under load', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const told: string[] = []
    node.dht.onChange(({ key }) => {
      if (key.startsWith('k')) told.push(key)
    })
    const end = { isOver: false }
    const written: string[] = []
    const write = async (): Promise<void> => {
      for (let i = 0; !end.isOver; i++) {
        await node.dht.put(`k${i}`, bytesOf('v'), { level: 'local' })
        written.push(`k${i}`)
        await lab.pass(1)
      }
    }
    const writing = write()
    for (let flip = 0; flip < 12; flip++) {
      await node.controls.setMode({ mode: flip % 2 === 0 ? 'mock' : 'hybrid' })
      await lab.pass(15)
    }
    end.isOver = true
    await writing
    await lab.pass(2_000)
    expect(written.length).toBeGreaterThan(100)
    expect(told).toEqual(written)
  }))

test('R22: a process that stood still counts its own lateness against nobody', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.dht.put('k', bytesOf('v'))
    const before = node.controls.metrics()
    // Sixty calls: far more than the breaker and a window need, were they held against real.
    for (let round = 0; round < 3; round++) {
      const calls = Array.from({ length: 20 }, () => node.dht.get('k'))
      node.gate.freeze()
      await lab.pass(100)
      node.gate.thaw()
      await Promise.all(calls)
      await lab.pass(1_100)
    }
    const blamed = node.switches.filter(({ reason }) => /unavailable|slow/u.test(reason))
    expect(blamed).toEqual([])
    expect(node.controls.metrics().fallback_events).toBe(before.fallback_events)
  }))

test('R23: an acknowledgement of the store alone is no success of real, nor a quorum', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    for (let i = 0; i < 10; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    const before = node.controls.metrics()
    expect([before.real_requests, before.error_rate_real]).toEqual([10, 0])
    lab.isolate(0)
    const levels = []
    for (let i = 0; i < 10; i++) levels.push((await node.dht.put(`k${i}`, bytesOf('w'))).level)
    expect(new Set(levels)).toEqual(new Set(['local']))
    const after = node.controls.metrics()
    const [calls, errors] = [
      after.real_requests - before.real_requests,
      Math.round(after.error_rate_real * after.real_requests),
    ]
    expect(errors).toBe(calls)
    expect(node.controls.details().fallback_answers).toBe(calls)
    expect(after.avg_latency_real).toBe(before.avg_latency_real)
  }))

test('R24: changes of mode that overlap make one real side at a time', async () => {
  const peers = new FakePeers()
  let most = 0
  Object.defineProperty(peers, 'starts', {
    get: () => starts,
    set: (next: number) => {
      starts = next
      most = Math.max(most, starts - peers.stops)
    },
  })
  let starts = 0
  const { dht, run } = await createRig({ mode: 'mock', percent: 100 }, { peers })
  const modes = ['hybrid', 'real', 'mock', 'shadow', 'mock', 'hybrid', 'mock', 'real'] as const
  await run(() => Promise.allSettled(modes.map((mode) => dht.controls.setMode({ mode }))))
  expect(dht.controls.setting.mode).toBe('real')
  expect([most, starts - peers.stops]).toEqual([1, 1])
  // One for each time that mode `mock` was left: entering it ends the one before.
  expect(starts).toBe(4)
  await run(() => dht.stop())
  expect(starts).toBe(peers.stops)
})

test('R25: a data directory restored from an old copy acknowledges nothing of a quorum', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.dht.put('k', bytesOf('1'), { level: 'all' })
    const backup = await node.backup()
    for (let run = 0; run < 3; run++) {
      node.kill('power')
      await node.again()
      await lab.serving(0)
      // A restart stamps above whatever the run before may have stamped; time has to catch up.
      await lab.pass(1_000)
      await node.dht.put('k', bytesOf(`run ${run}`), { level: 'all' })
    }
    node.kill('power')
    const restored = await node.twin(backup)
    await restored.start()
    await lab.pass(10_000)
    expect(restored.store.epoch).toBeLessThan(4)
    expect(restored.controls.phase).not.toBe('real')
    expect(restored.controls.health().status).toBe('degraded')
    await lab.pass(5_000)
    const late = await restored.dht.put('k', bytesOf('old'), { level: 'quorum', timeoutMs: 200 })
    expect(late.outcome).toBe('pending')
    for (const at of [1, 2])
      expect(textOf((await lab.node(at).dht.get('k', { level: 'quorum' }))?.value)).toBe('run 2')
    await restored.stop()
  }))
