import { describe, expect, jest, test } from '@jest/globals'
import {
  codeOf,
  compareVersions,
  delay,
  pick,
  utf8,
  fromUtf8,
  type Disk,
  type Random,
  type Version,
} from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { simulate, SimDisk, sometimesOf, type World } from '@bzzz/sim'
import { LogStore } from '@bzzz/store'
import type { MockDHT } from '../src/mock-dht.js'
import { createMockNetwork, type MockNetwork } from '../src/mock-network.js'
import { digestOf } from './support.js'

jest.setTimeout(laneCount(120_000, 3_600_000))

const KEYS = ['k/0', 'k/1', 'k/2']
const COUNTER = 'counter'
const CHAOS_MS = 4000
/** Longer than any call that still has a node may take. */
const GIVE_UP_MS = 1500

/** One finished operation on one key. */
interface Done {
  readonly kind: 'read' | 'write'
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly version: Version | undefined
  readonly value: string | undefined
}

const isNewer = (a: Version | undefined, b: Version | undefined): boolean =>
  a !== undefined && (b === undefined || compareVersions(a, b) > 0)

const newest = (versions: readonly (Version | undefined)[]): Version | undefined => {
  let best: Version | undefined
  for (const version of versions) if (isNewer(version, best)) best = version
  return best
}

const sometimes = sometimesOf(
  'a write was left pending',
  'a read was unavailable',
  'a call died with its node',
  'a node crashed and came back',
  'a node was cut off',
  'a link was cut one way',
  'a node hung',
  'a condition did not hold',
  'a condition could not be decided',
)

/** What clients saw, and what must hold of it. */
class History {
  readonly done: Done[] = []
  readonly values = new Map<string, string>()
  acknowledgedIncrements = 0
  openIncrements = 0

  add(one: Done): void {
    this.done.push(one)
    if (one.version === undefined || one.value === undefined) return
    const name = `${one.key} ${JSON.stringify(one.version)}`
    const known = this.values.get(name) ?? one.value
    if (known !== one.value) throw new Error(`${name} is both ${known} and ${one.value}`)
    this.values.set(name, known)
  }

  /** Acknowledged writes, and what reads returned, by whoever asks after `ms`. */
  newestBefore(key: string, ms: number): Version | undefined {
    return newest(
      this.done.flatMap((one) => (one.key === key && one.endMs < ms ? [one.version] : [])),
    )
  }

  /**
   * Of two writes at once of one key by one node only the later is sent, and stands for both. So
   * the earlier may keep a version that is older than what was there, if the later has not.
   */
  #isOvertaken({ kind, key, endMs, version }: Done, before: Version | undefined): boolean {
    return (
      kind === 'write' &&
      this.done.some(
        (other) =>
          other.kind === 'write' &&
          other.key === key &&
          other.version?.writer === version?.writer &&
          other.startMs <= endMs &&
          isNewer(other.version, version) &&
          isNewer(other.version, before),
      )
    )
  }

  /** Every operation sees everything that had ended before it began. */
  check(): void {
    for (const one of this.done) {
      const before = this.newestBefore(one.key, one.startMs)
      if (!isNewer(before, one.version) || this.#isOvertaken(one, before)) continue
      throw new Error(
        `a ${one.kind} of ${one.key} from ${one.startMs} to ${one.endMs} ms gave ` +
          `${JSON.stringify(one.version)}, after ${JSON.stringify(before)} was there`,
      )
    }
  }
}

/** The outcome, or undefined when the node died and never answers. */
const outcomeOf = async <T>(world: World, call: Promise<T>): Promise<T | undefined> => {
  const never = delay(world.clock, GIVE_UP_MS).then(() => undefined)
  call.catch(() => {})
  return Promise.race([call, never])
}

interface Client {
  readonly world: World
  readonly random: Random
  readonly network: MockNetwork
  readonly history: History
}

const write = async ({ world, history }: Client, node: MockDHT, key: string, value: string) => {
  const startMs = world.nowMs
  const receipt = await outcomeOf(world, node.put(key, utf8(value), { timeoutMs: 500 }))
  sometimes('a call died with its node', receipt === undefined)
  sometimes('a write was left pending', receipt?.outcome === 'pending')
  if (receipt?.outcome !== 'acknowledged') return
  const { version } = receipt
  history.add({ kind: 'write', key, startMs, endMs: world.nowMs, version, value })
}

const read = async ({ world, history }: Client, node: MockDHT, key: string): Promise<void> => {
  const startMs = world.nowMs
  const call = node.get(key, { timeoutMs: 500 }).then((found) => ({ found }))
  const answer = await outcomeOf(world, call)
  if (answer === undefined) return
  const version = answer.found?.version
  const value = answer.found === undefined ? undefined : fromUtf8(answer.found.value)
  history.add({ kind: 'read', key, startMs, endMs: world.nowMs, version, value })
}

const increment = async ({ world, history }: Client, node: MockDHT): Promise<void> => {
  const answer = await outcomeOf(
    world,
    node.get(COUNTER, { timeoutMs: 500 }).then((found) => ({ found })),
  )
  if (answer === undefined) return
  const { found } = answer
  const next = Number(found === undefined ? '0' : fromUtf8(found.value)) + 1
  const expectedVersion = found?.version ?? null
  const put = node.put(COUNTER, utf8(String(next)), { expectedVersion, timeoutMs: 500 })
  history.openIncrements++
  const receipt = await outcomeOf(
    world,
    put.catch((error: unknown) => {
      // Refused: it had no effect, and will have none.
      history.openIncrements--
      throw error
    }),
  )
  if (receipt?.outcome !== 'acknowledged') return
  history.openIncrements--
  history.acknowledgedIncrements++
}

const client = async (it: Client, name: string): Promise<void> => {
  const { world, random, network } = it
  for (let round = 0; world.nowMs < CHAOS_MS; round++) {
    await delay(world.clock, random.next() * 30)
    const node = pick(random, network.nodes)
    const dice = random.next()
    try {
      if (dice < 0.4) await write(it, node, pick(random, KEYS), `${name}.${round}`)
      else if (dice < 0.85) await read(it, node, pick(random, KEYS))
      else await increment(it, node)
    } catch (error) {
      const code = codeOf(error)
      sometimes('a read was unavailable', code === 'DHT_UNAVAILABLE' && dice >= 0.4 && dice < 0.85)
      sometimes('a condition could not be decided', code === 'DHT_UNAVAILABLE' && dice >= 0.85)
      sometimes('a condition did not hold', code === 'DHT_CONFLICT')
      if (!['DHT_UNAVAILABLE', 'DHT_CONFLICT', 'NOT_STARTED'].includes(code ?? '')) throw error
    }
  }
}

const nemesis = async (it: Client): Promise<void> => {
  const { world, random, network } = it
  const count = network.nodes.length
  while (world.nowMs < CHAOS_MS) {
    await delay(world.clock, 50 + random.next() * 300)
    const victim = random.int(count)
    const lastMs = 50 + random.next() * 600
    const dice = random.next()
    if (dice < 0.35) {
      network.crash(victim)
      await delay(world.clock, lastMs)
      await network.restart(victim)
      sometimes('a node crashed and came back')
    } else if (dice < 0.6) {
      network.isolate(victim)
      sometimes('a node was cut off')
      await delay(world.clock, lastMs)
      network.heal()
    } else if (dice < 0.8) {
      const ids = network.network.peerIds
      network.network.cut(ids[victim] ?? '', ids[(victim + 1) % count] ?? '')
      sometimes('a link was cut one way')
      await delay(world.clock, lastMs)
      network.heal()
    } else {
      const id = network.network.peerIds[victim] ?? ''
      network.network.hang(id)
      sometimes('a node hung')
      await delay(world.clock, lastMs)
      network.network.resume(id)
    }
  }
}

/** A network whose nodes keep their disks over crashes, which tear what was not synced. */
const networkOf = (
  world: World,
  count: number,
  through: (disk: SimDisk) => Disk = (disk) => disk,
): MockNetwork => {
  const random = world.stream('network')
  const disks = new Map<string, SimDisk>()
  return createMockNetwork({
    ground: world,
    count,
    link: {
      latencyMinMs: 0.2,
      latencyMaxMs: 1 + random.next() * 20,
      lossProbability: random.next() * 0.1,
      duplicateProbability: random.next() * 0.1,
    },
    clockOffsetMs: () => (random.next() - 0.5) * 200,
    createStore: ({ peerId, clock, gate }) => {
      const before = disks.get(peerId)
      const disk =
        before === undefined
          ? new SimDisk(world, { gate })
          : before.crash('power', { tearing: 'prefix', next: { gate } })
      disks.set(peerId, disk)
      return new LogStore({
        writer: peerId,
        disk: through(disk),
        clock,
        random: world.stream(`store of ${peerId}`),
        ballastBytes: 0,
      })
    },
  })
}

const chaos = async (world: World, network: MockNetwork): Promise<History> => {
  const history = new History()
  const parts = ['a', 'b', 'c', 'd'].map((name) =>
    client({ world, network, history, random: world.stream(name) }, name),
  )
  await Promise.all([
    ...parts,
    nemesis({ world, network, history, random: world.stream('nemesis') }),
  ])
  network.heal()
  await network.settle()
  return history
}

const checkConverged = async (network: MockNetwork, history: History): Promise<void> => {
  for (const key of [...KEYS, COUNTER]) {
    const acknowledged = history.newestBefore(key, Infinity)
    const versions = await Promise.all(
      network.nodes.map(async (node) => (await node.get(key, { level: 'local' }))?.version),
    )
    for (const version of versions) {
      if (isNewer(acknowledged, version)) throw new Error(`${key}: an acknowledged write is lost`)
      if (JSON.stringify(version) !== JSON.stringify(versions[0]))
        throw new Error(`${key}: the nodes have not converged: ${JSON.stringify(versions)}`)
    }
  }
  const [first] = network.nodes
  const found = await first?.get(COUNTER)
  const counter = found === undefined ? 0 : Number(fromUtf8(found.value))
  const { acknowledgedIncrements, openIncrements } = history
  if (counter < acknowledgedIncrements || counter > acknowledgedIncrements + openIncrements)
    throw new Error(
      `the counter is ${counter} after ${acknowledgedIncrements} increments, ${openIncrements} open`,
    )
}

const scenario = async (world: World, network: MockNetwork): Promise<void> => {
  await network.start()
  const history = await chaos(world, network)
  history.check()
  await checkConverged(network, history)
  if (history.done.length < 5) throw new Error('the clients did next to nothing')
}

/** As a disk whose cache nobody flushes. */
const withoutSync = (disk: SimDisk): Disk => ({
  list: () => disk.list(),
  readFile: (name) => disk.readFile(name),
  rename: (from, to) => disk.rename(from, to),
  remove: (name) => disk.remove(name),
  syncDirectory: () => disk.syncDirectory(),
  open: async (name, options) => {
    const file = await disk.open(name, options)
    return {
      ...file,
      get size() {
        return file.size
      },
      sync: () => Promise.resolve(),
    }
  },
})

describe('under loss, duplication, cuts, hangs and crashes with torn disks', () => {
  test('acknowledged writes are seen by every later read, and all nodes converge', async () => {
    await simulate({ seeds: laneCount(25, 1000) }, async (world) => {
      const network = networkOf(world, 3)
      await world.complete(scenario(world, network), 120_000)
      const digests = new Set(network.nodes.map((_, i) => digestOf(network.storeOf(i))))
      expect(digests.size).toBe(1)
    })
    sometimes.assertAllReached()
  })

  test('equal seeds give equal traces', async () => {
    const hashes: string[] = []
    await simulate({ seeds: [5, 5, 6] }, async (world) => {
      await world.complete(scenario(world, networkOf(world, 3)), 120_000)
      hashes.push(world.trace.hash)
    })
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
  })

  test('a disk that does not sync is found out', async () => {
    const run = simulate({ seeds: laneCount(60, 60) }, async (world) => {
      await world.complete(scenario(world, networkOf(world, 3, withoutSync)), 120_000)
    })
    await expect(run).rejects.toMatchObject({ code: 'SIM_FAILED' })
  })
})
