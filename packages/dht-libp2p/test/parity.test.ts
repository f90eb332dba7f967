import { describe, expect, test } from '@jest/globals'
import { codeOf, fromUtf8, pick, seededRandom, utf8, type Random, type Version } from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import type { DHT } from '@bzzz/dht-core'
import { createMockNetwork } from '@bzzz/dht-mock'
import { World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import { clusterOf } from './cluster.js'
import { realMesh, stopNode } from './real.js'

const NODES = 3
const KEYS = ['a', 'a/b', 'b', 'Ω']

/** Versions differ between networks; which write a version names does not. */
type Names = Map<string, string>

const nameOf = (names: Names, version: Version): string =>
  names.get(JSON.stringify(version)) ?? 'unknown'

type Step = (nodes: readonly DHT[], names: Names) => Promise<string>

const outcomeOf = async (work: Promise<string>): Promise<string> => {
  try {
    return await work
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const nodeAt = (nodes: readonly DHT[], index: number): DHT => {
  const node = nodes[index]
  if (node === undefined) throw new Error(`there is no node ${index}`)
  return node
}

/** One random operation, as a function of the network that it is done on. */
const stepOf = (random: Random, index: number): Step => {
  const [node, key] = [random.int(NODES), pick(random, KEYS)]
  const level = pick(random, ['quorum', 'all', 2] as const)
  const kind = pick(random, ['get', 'put', 'put', 'delete', 'cas', 'cas-absent'] as const)
  const opId = `op ${index}`
  return (nodes, names) => {
    const dht = nodeAt(nodes, node)
    const noted = async (work: ReturnType<DHT['put']>): Promise<string> => {
      const { version, outcome, replicas } = await work
      names.set(JSON.stringify(version), opId)
      return `${outcome} ${replicas}`
    }
    if (kind === 'put') return outcomeOf(noted(dht.put(key, utf8(opId), { level, opId })))
    if (kind === 'delete') return outcomeOf(noted(dht.delete(key, { level, opId })))
    const value = utf8(opId)
    if (kind === 'cas-absent')
      return outcomeOf(noted(dht.put(key, value, { level, opId, expectedVersion: null })))
    const read = async (): Promise<string> => {
      const found = await dht.get(key, { level })
      if (found === undefined) return 'absent'
      const told = `${fromUtf8(found.value)} of ${nameOf(names, found.version)}`
      if (kind === 'get') return told
      const expectedVersion = found.version
      return `${told}, ${await noted(dht.put(key, value, { level, opId, expectedVersion }))}`
    }
    return outcomeOf(read())
  }
}

const answersOf = async (
  nodes: readonly DHT[],
  seed: number,
  count: number,
  run: (work: Promise<string>) => Promise<string>,
): Promise<string[]> => {
  const random = seededRandom(seed)
  const names: Names = new Map()
  const out: string[] = []
  for (let i = 0; i < count; i++) out.push(await run(stepOf(random, i)(nodes, names)))
  return out
}

const onMock = async (seed: number, count: number): Promise<string[]> => {
  const world = new World({ seed })
  const network = createMockNetwork({
    ground: world,
    count: NODES,
    roundTripMs: 1,
    createStore: ({ peerId, clock, random }) => new MemoryStore({ writer: peerId, clock, random }),
  })
  await world.complete(network.start())
  const answers = await answersOf(network.nodes, seed, count, (work) => world.complete(work))
  await world.complete(network.stop())
  return answers
}

const onSimulated = async (seed: number, count: number): Promise<string[]> => {
  const { nodes, world } = await clusterOf(NODES, { seed })
  const dhts = nodes.map(({ dht }) => dht)
  return answersOf(dhts, seed, count, (work) => world.complete(work))
}

describe('the embedded DHT and the one over peers answer alike', () => {
  test('on a simulated network', async () => {
    for (let seed = 1; seed <= laneCount(10, 200); seed++) {
      const answers = await onSimulated(seed, 60)
      expect({ seed, answers }).toEqual({ seed, answers: await onMock(seed, 60) })
    }
  }, 600_000)

  test('over real sockets', async () => {
    const nodes = await realMesh(NODES)
    const dhts = nodes.map(({ dht }) => dht)
    const answers = await answersOf(dhts, 99, 200, (work) => work)
    await Promise.all(nodes.map(stopNode))
    expect(answers).toEqual(await onMock(99, 200))
    expect(answers.filter((answer) => answer.startsWith('acknowledged')).length).toBeGreaterThan(50)
  }, 60_000)
})
