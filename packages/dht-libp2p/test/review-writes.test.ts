import { describe, expect, jest, test } from '@jest/globals'
import { fromUtf8, utf8, type StampedRecord } from '@bzzz/base'
import { signBatch } from '@bzzz/crypto'
import { Machine } from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import { Libp2pDHT } from '../src/index.js'
import { encodeLeaf } from '../src/wire/record-codec.js'
import { signerOf } from './cluster.js'
import { keyOn, Lab, type LabNode } from './lab.js'

// Time is virtual here, and what hangs is told as such; this only bounds how busy the machine may be.
jest.setTimeout(30_000)

const three = async (
  offsetsMs: readonly number[] = [],
): Promise<{ lab: Lab; a: LabNode; b: LabNode; c: LabNode }> => {
  const lab = await Lab.of(3, offsetsMs)
  return { lab, a: lab.node(0), b: lab.node(1), c: lab.node(2) }
}

const valueAt = async (lab: Lab, { dht }: LabNode, key: string): Promise<string> => {
  const found = await lab.outcome(dht.get(key))
  if (typeof found === 'string') return found
  return found === undefined ? 'absent' : fromUtf8(found.value)
}

const outcomeOf = (receipt: { readonly outcome: string } | string): string =>
  typeof receipt === 'string' ? receipt : receipt.outcome

describe('a conditional write', () => {
  test('that ended pending is not acknowledged by a retry once another one won', async () => {
    const { lab, a, c } = await three()
    const free = await lab.world.complete(a.dht.put('lock', utf8('free'), { level: 'all' }))
    const ofA = { expectedVersion: free.version, opId: 'of a', timeoutMs: 300 }
    lab.rule = (from, _, { kind }) => (from === 0 && kind === 'write' ? 'lost' : undefined)
    expect(outcomeOf(await lab.outcome(a.dht.put('lock', utf8('A'), ofA)))).toBe('pending')
    lab.rule = (from, to) => (from === 0 || to === 0 ? 'lost' : undefined)
    await lab.world.runFor(100)
    const ofC = { expectedVersion: free.version }
    expect(outcomeOf(await lab.outcome(c.dht.put('lock', utf8('C'), ofC)))).toBe('acknowledged')
    lab.rule = () => undefined
    expect(outcomeOf(await lab.outcome(a.dht.put('lock', utf8('A'), ofA)))).toBe('DHT_CONFLICT')
    await lab.world.runFor(3000)
    for (const node of lab.nodes) expect(await valueAt(lab, node, 'lock')).toBe('C')
  })

  test('ends before its replicas give the key to another one, however long it may wait', async () => {
    const { lab, a, c } = await three()
    const free = await lab.world.complete(a.dht.put('lock', utf8('free'), { level: 'all' }))
    const expectedVersion = free.version
    lab.rule = (from, _, { kind }) => (from === 0 && kind === 'write' ? 'lost' : undefined)
    const first = lab.outcome(a.dht.put('lock', utf8('A'), { expectedVersion, timeoutMs: 20_000 }))
    await lab.world.runFor(10_500)
    lab.rule = (from, to) => (from === 0 || to === 0 ? 'lost' : undefined)
    const second = await lab.outcome(c.dht.put('lock', utf8('C'), { expectedVersion }))
    expect(outcomeOf(second)).toBe('acknowledged')
    lab.rule = () => undefined
    expect(outcomeOf(await first)).toBe('pending')
    await lab.world.runFor(3000)
    for (const node of lab.nodes) expect(await valueAt(lab, node, 'lock')).toBe('C')
  })

  test('does not count a replica that took another write since it confirmed the condition', async () => {
    const { lab, a, b } = await three([300, 0, 0])
    const free = await lab.world.complete(a.dht.put('k', utf8('free'), { level: 'all' }))
    await lab.world.runFor(1000)
    // A has the key at itself and B; B's own write needs no leave, and reaches C.
    lab.rule = (from, to, { kind }) =>
      from === 0 && (to === 2 || kind === 'write') ? 'lost' : undefined
    const first = lab.outcome(
      a.dht.put('k', utf8('of a'), { expectedVersion: free.version, timeoutMs: 2000 }),
    )
    await lab.world.runFor(250)
    expect(outcomeOf(await lab.outcome(b.dht.put('k', utf8('of b'))))).toBe('acknowledged')
    lab.rule = (from, to) => (from === 0 && to === 2 ? 'lost' : undefined)
    expect(outcomeOf(await first)).toBe('pending')
  })

  test('ends pending when the view changes under it: its replicas no longer decide', async () => {
    const { lab, a } = await three()
    const free = await lab.world.complete(a.dht.put('lock', utf8('free'), { level: 'all' }))
    lab.rule = (from, _, { kind }) => (from === 0 && kind === 'write' ? 'lost' : undefined)
    const write = lab.outcome(
      a.dht.put('lock', utf8('A'), { expectedVersion: free.version, timeoutMs: 4000 }),
    )
    await lab.world.runFor(300)
    await lab.add(3, { mustJoin: () => true })
    await lab.world.runUntil(() => a.dht.members.length === 4, 3000)
    lab.rule = () => undefined
    expect(outcomeOf(await write)).toBe('pending')
  })
})

describe('a record of another writer', () => {
  test('that is older than what a quorum holds keeps its stamp, and replaces nothing', async () => {
    const { lab, a, c } = await three()
    const stranger = signerOf(7)
    const plain: StampedRecord = {
      key: 'k',
      value: utf8('OLD'),
      deleted: false,
      version: { wallMs: Math.floor(lab.world.nowMs), counter: 0, writer: stranger.peerId },
      opId: 'of a stranger',
    }
    const [attestation] = signBatch(stranger, [encodeLeaf(plain)])
    if (attestation === undefined) throw new Error('one attestation')
    await lab.world.runFor(100)
    lab.rule = (_, to, { kind }) => (to === 0 && kind === 'write' ? 'lost' : undefined)
    expect(outcomeOf(await lab.outcome(c.dht.put('k', utf8('NEW'))))).toBe('acknowledged')
    const applied = await lab.outcome(a.dht.apply({ ...plain, attestation }))
    expect(applied).toMatchObject({ outcome: 'acknowledged', version: plain.version })
    lab.rule = () => undefined
    await lab.world.runFor(500)
    for (const node of lab.nodes) expect(await valueAt(lab, node, 'k')).toBe('NEW')
  })
})

describe('a retry', () => {
  test('is not acknowledged because something newer, of another writer, is held', async () => {
    const { lab, a, b, c } = await three([0, 300, 0])
    lab.rule = (from, to, { kind }) =>
      from === 1 && to === 0 && kind === 'write' ? 'lost' : undefined
    expect(outcomeOf(await lab.outcome(b.dht.put('k', utf8('of b'))))).toBe('acknowledged')
    const cut = lab.rule
    lab.rule = (from, to, request) => (from === 0 ? 'lost' : cut(from, to, request))
    const ofA = { opId: 'of a', timeoutMs: 100 }
    expect(outcomeOf(await lab.outcome(a.dht.put('k', utf8('of a'), ofA)))).toBe('pending')
    // What B wrote arrives at A.
    lab.rule = (from, _, { kind }) => (from === 0 && kind === 'write' ? 'lost' : undefined)
    await lab.world.runUntil(() => a.store.head('k')?.version.writer === b.id, 10_000)
    lab.rule = () => undefined
    const again = await lab.outcome(a.dht.put('k', utf8('of a'), { opId: 'of a' }))
    expect(outcomeOf(again)).toBe('acknowledged')
    expect(await valueAt(lab, c, 'k')).toBe('of a')
  })
})

// Four nodes, the last of which is no replica of the key: it writes from outside.
const outside = async (): Promise<{ lab: Lab; key: string; replicas: readonly number[] }> => {
  const lab = await Lab.of(4)
  const { store } = lab.node(0)
  return {
    lab,
    ...keyOn(
      4,
      (key) => store.bucketOf(key),
      (on) => !on.includes(3),
    ),
  }
}

describe('a refusal', () => {
  test.each(['plain', 'conditional'])(
    'says that a stamp was held before a %s write of the replica itself replaced it',
    async (kind) => {
      const { lab, key } = await outside()
      const [a, e] = [lab.node(0), lab.node(3)]
      lab.rule = (from, to, request) =>
        from === 3 && request.kind === 'write' ? (to === 2 ? 'lost' : 'answer lost') : undefined
      const first = await lab.outcome(e.dht.put(key, utf8('X'), { timeoutMs: 300 }))
      expect(outcomeOf(first)).toBe('pending')
      lab.rule = (from) => (from === 3 ? 'lost' : undefined)
      const seen = await lab.world.complete(a.dht.get(key))
      expect(seen === undefined ? 'absent' : fromUtf8(seen.value)).toBe('X')
      const condition = kind === 'conditional' ? { expectedVersion: seen?.version } : {}
      const second = await lab.outcome(a.dht.put(key, utf8('Y'), condition))
      expect(outcomeOf(second)).toBe('acknowledged')
      await lab.world.runFor(300)
      lab.rule = (from, to) => (from === 3 && to === 1 ? 'lost' : undefined)
      await lab.world.runFor(4000)
      for (const node of lab.nodes) expect(await valueAt(lab, node, key)).toBe('Y')
    },
  )
})

describe('what nobody waits for', () => {
  test('is not kept once a later write of its key stands for it', async () => {
    const { lab, a } = await three()
    lab.network.isolate(a.id)
    await lab.world.runFor(1000)
    for (let i = 0; i < 20; i++)
      await lab.world.complete(a.dht.put('same', utf8(`v${i}`), { timeoutMs: 20 }))
    let records = 0
    lab.rule = (from, _, request) => {
      if (from === 0 && request.kind === 'write') records += request.records.length
      return undefined
    }
    lab.network.heal()
    await lab.world.runUntil(() => !a.store.isDirty('same'), 10_000)
    // One record to each of the two replicas, but for a second try.
    expect(records).toBeLessThanOrEqual(4)
    expect(await valueAt(lab, lab.node(1), 'same')).toBe('v19')
  })
})

describe('a stamp that may not leave yet', () => {
  test('does not leave with a change of the view either', async () => {
    const { lab, a } = await three()
    const append = a.store.append.bind(a.store)
    const { promise: persisted, resolve: persist } = Promise.withResolvers<void>()
    a.store.append = (intent, options) => ({ ...append(intent, options), sendable: persisted })
    let isSent = false
    lab.rule = (from, _, { kind }) => {
      if (from === 0 && kind === 'write') isSent = true
      return undefined
    }
    const write = lab.outcome(a.dht.put('k', utf8('v'), { timeoutMs: 8000 }))
    await lab.world.runFor(100)
    await lab.add(3)
    await lab.world.runUntil(() => lab.isSettled, 5000)
    expect(isSent).toBe(false)
    persist()
    expect(outcomeOf(await write)).toBe('acknowledged')
  })
})

describe('a peer whose view never becomes the same', () => {
  test('is asked less and less often', async () => {
    const lab = new Lab()
    const first = signerOf(0).peerId
    await lab.add(0)
    await lab.add(1, { admit: (peer) => peer === first })
    await lab.add(2)
    await lab.world.runFor(5000)
    let requests = 0
    lab.rule = (from, to) => {
      if (from === 0 && to === 1) requests++
      return undefined
    }
    void lab.node(0).dht.put('k', utf8('v'), { timeoutMs: 500 })
    await lab.world.runFor(10_000)
    expect(requests).toBeGreaterThan(2)
    expect(requests).toBeLessThan(60)
  })
})

describe('the durability in a receipt', () => {
  test('is that of the replicas, not that of the own store', async () => {
    const lab = await Lab.of(2)
    const { world, network } = lab
    const signer = signerOf(2)
    const machine = new Machine({ world, network, peerId: signer.peerId, clock: { offsetMs: 0 } })
    const { clock, transport, disk } = machine.boot()
    const random = world.stream('store on disk')
    const writer = signer.peerId
    const store = new LogStore({ writer, clock, disk, random, ballastBytes: 0 })
    await world.complete(store.start())
    const dht = new Libp2pDHT({ transport, store, signer, clock, random: world.stream('third') })
    await world.complete(dht.start())
    await world.runUntil(() => dht.members.length === 3 && dht.isSettled, 10_000)
    const receipt = await world.complete(dht.put('k', utf8('v'), { level: 'all' }))
    expect(receipt.heldBy).toHaveLength(3)
    expect(store.durability).toBe('disk')
    expect(receipt.durability).toBe('memory')
    const own = await world.complete(dht.put('own', utf8('v'), { level: 'local' }))
    expect(own).toMatchObject({ heldBy: [writer], durability: 'disk' })
  })
})

describe('a time limit', () => {
  test('that is no number is refused, and the others keep theirs', async () => {
    const { lab, a } = await three()
    lab.network.isolate(a.id)
    await lab.world.runFor(1000)
    const first = lab.outcome(a.dht.put('a', utf8('1'), { timeoutMs: 1000 }))
    for (const timeoutMs of [NaN, -1, Infinity]) {
      expect(await lab.outcome(a.dht.put('b', utf8('1'), { timeoutMs }))).toBe('INVALID_ARGUMENT')
      expect(await lab.outcome(a.dht.get('b', { timeoutMs }))).toBe('INVALID_ARGUMENT')
    }
    expect(outcomeOf(await first)).toBe('pending')
  })
})

describe('an operation id that is too long', () => {
  test.each([undefined, null])(
    'is refused in the words of the port: %s',
    async (expectedVersion) => {
      const lab = await Lab.of(3)
      const { dht, store } = lab.node(0)
      const options = { opId: 'x'.repeat(257), expectedVersion }
      expect(await lab.outcome(dht.put('k', utf8('v'), options))).toBe('INVALID_ARGUMENT')
      expect(store.head('k')).toBeUndefined()
    },
  )
})

describe('a dirty record that cannot be read', () => {
  test('is reported once and holds up no other', async () => {
    const errors: unknown[] = []
    const lab = new Lab()
    await lab.add(0, { onError: (error) => errors.push(error) })
    await lab.add(1)
    await lab.world.runUntil(() => lab.isSettled, 10_000)
    const { store } = lab.node(0)
    const read = store.read.bind(store)
    store.read = (key) => (key === 'damaged' ? Promise.reject(new Error('damaged')) : read(key))
    // Appended beside the DHT: only the dirty marks tell it of them.
    for (const key of ['damaged', 'sound'])
      await lab.world.complete(store.append({ key, value: utf8('v') }, { opId: key }).committed)
    await lab.world.runFor(5000)
    expect(store.isDirty('damaged')).toBe(true)
    expect(store.isDirty('sound')).toBe(false)
    expect(errors).toHaveLength(1)
  })
})
