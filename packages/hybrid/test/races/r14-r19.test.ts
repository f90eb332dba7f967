import { codeOf, compareVersions, type Version } from '@bzzz/base'
import { expect, test } from '@jest/globals'
import { withLab, type Lab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

/** A key that the first of five nodes is no replica of. */
const foreignTo = (lab: Lab, peerId: string): string => {
  const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find(
    (each) => !lab.network.replicasOf(each).includes(peerId),
  )
  if (key === undefined) throw new Error(`${peerId} is a replica of every key`)
  return key
}

const flips = [
  { mode: 'mock' },
  { mode: 'hybrid', percent: 0 },
  { mode: 'hybrid', percent: 100 },
  { mode: 'shadow' },
  { mode: 'real' },
  { mode: 'hybrid', percent: 50 },
] as const

test('R14: a read after a flip does not show the past of the one before it', () =>
  withLab({ nodes: 5 }, async (lab) => {
    const node = lab.node(0)
    const keys = [foreignTo(lab, 'node-1'), 'k', 'other']
    const newest = new Map<string, Version>()
    let shown = 0
    for (let round = 0; round < 60; round++) {
      const key = keys[round % keys.length] ?? ''
      await lab.node(1 + (round % 4)).dht.put(key, bytesOf(String(round)))
      if (round % 4 === 0) {
        const setting = flips[(round / 4) % flips.length] ?? flips[0]
        await node.controls.setMode(setting, { isNow: round % 8 === 0 })
      }
      for (const each of keys) {
        const [found, refusal] = await node.dht.get(each).then(
          (record) => [record, 'DHT_UNAVAILABLE'] as const,
          (error: unknown) => [undefined, codeOf(error)] as const,
        )
        expect(refusal).toBe('DHT_UNAVAILABLE')
        const before = newest.get(each)
        if (found === undefined) continue
        shown++
        expect(before === undefined || compareVersions(found.version, before) >= 0).toBe(true)
        newest.set(each, found.version)
      }
    }
    expect(shown).toBeGreaterThan(100)
  }))

test('R14: and what was shown does not vanish: it is there, or unavailable', () =>
  withLab({ nodes: 5 }, async (lab) => {
    const node = lab.node(0)
    const key = foreignTo(lab, 'node-1')
    await lab.node(1).dht.put(key, bytesOf('v'))
    expect(textOf((await node.dht.get(key))?.value)).toBe('v')
    for (const setting of flips) {
      await node.controls.setMode(setting, { isNow: true })
      const found = await node.dht.get(key).then(
        (record) => textOf(record?.value),
        (error: unknown) => codeOf(error),
      )
      expect(['v', 'DHT_UNAVAILABLE']).toContain(found)
    }
  }))

test('R15: a peer that returns with the old record does not bring it back to life', () =>
  withLab({}, async (lab) => {
    await lab.node(0).dht.put('k', bytesOf('v'), { level: 'all' })
    lab.isolate(2)
    await lab.until(() => lab.node(2).controls.phase === 'local', 'the fallback')
    await lab.node(0).dht.delete('k')
    await lab.pass(300_000)
    expect(textOf((await lab.node(2).dht.get('k', { level: 'local' }))?.value)).toBe('v')
    lab.heal()
    await lab.serving(2)
    await lab.pass(5_000)
    for (const { dht } of lab.nodes) expect(await dht.get('k', { level: 'quorum' })).toBeUndefined()
    for (const { dht } of lab.nodes) expect(await dht.get('k', { level: 'local' })).toBeUndefined()
  }))

test('R16: one clock that is far ahead poisons neither records nor the clocks of others', () =>
  withLab(
    { nodes: 4, clockOffsetMs: (id) => (id === 'node-4' ? 600_000 : 0), starts: false },
    async (lab) => {
      for (const node of lab.nodes) await node.start()
      await lab.serving(0, 1, 2)
      const ahead = lab.node(3)
      for (let i = 0; i < 5; i++) {
        const outcome = await ahead.dht
          .put('k', bytesOf('from the future'), { level: 'quorum', timeoutMs: 200 })
          .then(
            (receipt) => receipt.outcome,
            () => 'refused',
          )
        expect(outcome).not.toBe('acknowledged')
      }
      const receipt = await lab.node(0).dht.put('k', bytesOf('now'))
      expect(receipt.level).toBe('quorum')
      expect(receipt.version.wallMs - lab.world.clock.nowMs()).toBeLessThanOrEqual(500)
      for (const at of [0, 1, 2])
        expect(textOf((await lab.node(at).dht.get('k', { level: 'quorum' }))?.value)).toBe('now')
    },
  ))

test('R17: a crash leaves no effect without its mark: what was acknowledged still reaches the peers', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.controls.setMode({ mode: 'mock' })
    const told: string[] = []
    for (let i = 0; i < 40; i++)
      node.dht.put(`k${i}`, bytesOf('v'), { opId: `op ${i}` }).then(
        ({ key }) => told.push(key),
        () => {},
      )
    await lab.until(() => told.length > 0, 'the first answers')
    node.kill('power')
    const acknowledged = Array.from(told)
    await node.again({ mode: 'hybrid', percent: 100 })
    await lab.serving(0)
    for (const key of acknowledged)
      expect(textOf((await lab.node(1).dht.get(key, { level: 'quorum' }))?.value)).toBe('v')
  }))

test('R18: a stop answers what is on its way, and what it acknowledged is durable', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const told: string[] = []
    const refused: string[] = []
    const write = (key: string): Promise<unknown> =>
      node.dht.put(key, bytesOf('v')).then(
        () => told.push(key),
        (error: unknown) => refused.push(codeOf(error) ?? 'no code'),
      )
    for (let i = 0; i < 100; i++) void write(`k${i}`)
    const stopping = node.dht.stop()
    const late = write('late')
    await stopping
    await late
    expect(told.length + refused.length).toBe(101)
    await write('after')
    expect(refused.at(-1)).toBe('NOT_STARTED')
    const acknowledged = Array.from(told)
    node.kill('power')
    await node.again()
    for (const key of acknowledged) expect(node.store.head(key)).toBeDefined()
    expect(acknowledged.length).toBeGreaterThan(0)
  }))

test('R19: a batch that the disk took in part: what was acknowledged is there, what was refused is not', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    lab.isolate(0)
    await lab.until(() => node.controls.phase === 'local', 'the fallback')
    for (const room of [0, 3_000, 70_000, 200_000]) {
      node.disk.capacityBytes = node.disk.usedBytes + room
      const acknowledged = new Map<string, string>()
      const refused = new Set<string>()
      const writes = Array.from({ length: 60 }, (_, i) => {
        const key = `${room} ${i}`
        return node.dht.put(key, new Uint8Array(200_000).fill(i)).then(
          ({ opId }) => acknowledged.set(key, opId),
          (error: unknown) => {
            expect(codeOf(error)).toBe('STORE_FULL')
            refused.add(key)
          },
        )
      })
      await Promise.all(writes)
      for (const key of acknowledged.keys()) expect(node.store.head(key)).toBeDefined()
      for (const key of refused) expect(node.store.head(key)).toBeUndefined()
      node.kill('power')
      node.disk.capacityBytes = Infinity
      await node.again()
      for (const key of acknowledged.keys()) expect(node.store.head(key)).toBeDefined()
      for (const key of refused) expect(node.store.head(key)).toBeUndefined()
      await lab.pass(2_000)
    }
  }))
