import { codeOf } from '@bzzz/base'
import { expect, test } from '@jest/globals'
import { Gate, withLab } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

test('R1: a lost reply is no failure: pending, and the retry of the same operation is the same write', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const held = new Gate()
    node.tap.after = ({ op }) => (op === 'apply' ? held.opened : undefined)
    const asked = { level: 'quorum', timeoutMs: 40, opId: 'once' } as const
    const first = await node.dht.put('k', bytesOf('v'), asked)
    expect(first).toMatchObject({ outcome: 'pending', opId: 'once' })
    expect(lab.node(1).store.head('k')?.version).toEqual(first.version)
    held.open()
    node.tap.after = () => {}
    const retry = await node.dht.put('k', bytesOf('v'), asked)
    expect(retry).toMatchObject({ outcome: 'acknowledged', version: first.version })
    const told: unknown[] = []
    lab.node(1).dht.onChange((change) => told.push(change))
    await node.dht.put('k', bytesOf('v'), asked)
    await lab.pass(500)
    expect(told).toEqual([])
  }))

test('R1: so it is for a write of the default level, which the store answers', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const held = new Gate()
    node.tap.after = ({ op }) => (op === 'apply' ? held.opened : undefined)
    const first = await node.dht.put('k', bytesOf('v'), { opId: 'once' })
    expect(first).toMatchObject({ outcome: 'acknowledged', level: 'local' })
    held.open()
    const retry = await node.dht.put('k', bytesOf('v'), { opId: 'once' })
    expect(retry.version).toEqual(first.version)
  }))

test('R1: and for a conditional write, which its own effect would refuse', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const held = new Gate()
    node.tap.after = ({ op }) => (op === 'put' ? held.opened : undefined)
    const asked = { expectedVersion: null, timeoutMs: 50, opId: 'once' } as const
    const first = await node.dht.put('k', bytesOf('v'), asked).then(
      ({ outcome }) => outcome,
      (error: unknown) => codeOf(error),
    )
    expect(['pending', 'DHT_UNAVAILABLE']).toContain(first)
    held.open()
    await lab.pass(100)
    const retry = await node.dht.put('k', bytesOf('v'), { ...asked, timeoutMs: 2_000 })
    expect(retry).toMatchObject({ outcome: 'acknowledged', opId: 'once' })
    expect((await lab.node(1).dht.get('k'))?.version).toEqual(retry.version)
  }))

test('R2: what is acknowledged survives a power cut at that very moment', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    lab.isolate(0)
    await lab.until(() => node.controls.phase === 'local', 'the fallback')
    for (let round = 0; round < 15; round++) {
      const told: string[] = []
      const writes = Array.from({ length: 8 }, (_, i) =>
        node.dht.put(`r${round}-${i}`, bytesOf('v')).then(({ key }) => told.push(key)),
      )
      for (const write of writes) write.catch(() => {})
      await Promise.race(writes)
      node.kill('power')
      await node.again()
      for (const key of told) expect(node.store.head(key)).toBeDefined()
      // A restart stamps above whatever the run before may have stamped; time has to catch up.
      await lab.pass(1_000)
    }
  }))

test('R3: writes that land while the mode changes, either way, are neither lost nor hidden', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    const newest = new Map<string, string>()
    const end = { isOver: false }
    let written = 0
    const write = async (): Promise<void> => {
      while (!end.isOver) {
        const key = `k${written % 7}`
        const text = String(++written)
        await node.dht.put(key, bytesOf(text), { level: 'local' })
        newest.set(key, text)
        const shown = textOf((await node.dht.get(key, { level: 'local' }))?.value)
        expect(shown).toBe(text)
        await lab.pass(lab.world.random.next() * 3)
      }
    }
    const writing = write()
    for (let flip = 0; flip < 30; flip++) {
      const mode = (['mock', 'hybrid', 'shadow', 'mock', 'real'] as const)[flip % 5] ?? 'hybrid'
      await node.controls.setMode({ mode })
      await lab.pass(lab.world.random.next() * 20)
    }
    await node.controls.setMode({ mode: 'hybrid' })
    end.isOver = true
    await writing
    await lab.serving(0)
    expect(written).toBeGreaterThan(200)
    for (const [key, text] of newest)
      expect(textOf((await lab.node(1).dht.get(key, { level: 'quorum' }))?.value)).toBe(text)
  }))

test('R4: the late reply of a former real side changes nothing that came after', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    await node.dht.put('k', bytesOf('1'), { level: 'all' })
    const held = new Gate()
    node.tap.before = ({ op }) => (op === 'get' ? held.opened : undefined)
    node.tap.after = ({ op }) => (op === 'apply' ? held.opened : undefined)
    const lateRead = node.dht.get('k', { timeoutMs: 60_000 })
    const lateWrite = node.dht.put('k', bytesOf('2'), { level: 'quorum', timeoutMs: 60_000 })
    for (const late of [lateRead, lateWrite]) late.catch(() => {})
    await lab.pass(10)
    await node.controls.setMode({ mode: 'mock' })
    const newest = await node.dht.put('k', bytesOf('3'))
    expect(node.store.isDirty('k')).toBe(true)
    held.open()
    await Promise.allSettled([lateRead, lateWrite])
    await lab.pass(100)
    // The reply to the second write may not clear the mark of the third.
    expect(node.store.isDirty('k')).toBe(true)
    expect(node.store.head('k')?.version).toEqual(newest.version)
    expect(textOf((await node.dht.get('k'))?.value)).toBe('3')
    expect(node.controls.phase).toBe('local')
    node.tap.before = () => {}
    node.tap.after = () => {}
    await node.controls.setMode({ mode: 'hybrid' })
    await lab.serving(0)
    expect(textOf((await lab.node(1).dht.get('k'))?.value)).toBe('3')
  }))

test('R5: a process that stood still while another took its place acknowledges nothing of a quorum', () =>
  withLab({}, async (lab) => {
    const zombie = lab.node(0)
    await zombie.dht.put('k', bytesOf('1'), { level: 'all' })
    const backup = await zombie.backup()
    zombie.gate.freeze()
    const heir = await zombie.twin(backup)
    await heir.start()
    await lab.until(() => heir.controls.phase === 'real', 'the heir serves')
    expect(heir.store.epoch).toBeGreaterThan(zombie.store.epoch)
    expect(await heir.dht.put('k', bytesOf('2'))).toMatchObject({ level: 'quorum' })
    zombie.gate.thaw()
    const late = await zombie.dht.put('k', bytesOf('late'), { level: 'quorum', timeoutMs: 300 })
    expect(late.outcome).toBe('pending')
    await lab.pass(3_000)
    for (const at of [1, 2])
      expect(textOf((await lab.node(at).dht.get('k', { level: 'quorum' }))?.value)).toBe('2')
    await heir.stop()
  }))
