// A healthy read of a record that this node holds: the embedded DHT called directly, the hybrid of two
// of them in every mode, and general-purpose policies around the same direct call.
import * as cockatiel from 'cockatiel'
import CircuitBreaker from 'opossum'
import { Libp2pDHT } from '@bzzz/dht-libp2p'
import { Libp2pHost } from '@bzzz/libp2p-host'
import { breathe, embedded, fill, hybrid, KEYS, memoryStore, VALUE_BYTES } from './rig.js'

/** Calls that are timed as one sample, as a clock costs as much as a call. */
const BATCH = 256

const DEADLINE_MS = 60

const at = (mode, percent = 100) => ({ mode, percent })

const inStore = async (make) => {
  const store = await memoryStore()
  const dht = await make(store)
  await fill(dht, store)
  return { dht, stop: () => dht.stop().then(() => store.stop()) }
}

const direct = async () => {
  const { dht, stop } = await inStore(embedded)
  return { stop, get: (key) => dht.get(key) }
}

const withMode = async (setting, readOptions) => {
  const { dht, stop } = await inStore((store) => hybrid(store, setting))
  return readOptions === undefined
    ? { stop, get: (key) => dht.get(key) }
    : { stop, get: (key) => dht.get(key, readOptions) }
}

/** What a careful user would build of it: the call within a timeout, a breaker and a fallback. */
const withCockatiel = async () => {
  const { dht, stop } = await inStore(embedded)
  const { dht: spare, stop: stopSpare } = await inStore(embedded)
  let key = ''
  const policy = cockatiel.wrap(
    cockatiel.fallback(cockatiel.handleAll, () => spare.get(key)),
    cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new cockatiel.ConsecutiveBreaker(3),
    }),
    cockatiel.timeout(DEADLINE_MS, cockatiel.TimeoutStrategy.Aggressive),
  )
  return {
    get: (wanted) => {
      key = wanted
      return policy.execute(() => dht.get(wanted))
    },
    stop: () => Promise.all([stop(), stopSpare()]),
  }
}

const withOpossum = async () => {
  const { dht, stop } = await inStore(embedded)
  const { dht: spare, stop: stopSpare } = await inStore(embedded)
  const breaker = new CircuitBreaker((key) => dht.get(key), { timeout: DEADLINE_MS })
  breaker.fallback((key) => spare.get(key))
  return {
    get: (key) => breaker.fire(key),
    stop: async () => {
      breaker.shutdown()
      await Promise.all([stop(), stopSpare()])
    },
  }
}

/** A node without peers: its reads of a quorum are the shortest that the network's code has. */
const onLibp2p = async (make) => {
  const host = new Libp2pHost({ seed: crypto.getRandomValues(new Uint8Array(32)) })
  await host.start()
  const store = await memoryStore(host.peerId)
  const dht = await make(store, () => {
    return new Libp2pDHT({ transport: host, store, signer: host.signer })
  })
  await fill(dht, store)
  return {
    get: (key) => dht.get(key),
    stop: async () => {
      await dht.stop()
      await store.stop()
      await host.stop()
    },
  }
}

const directLibp2p = () =>
  onLibp2p(async (_store, makeReal) => {
    const dht = makeReal()
    await dht.start()
    return dht
  })

const hybridOverLibp2p = () =>
  onLibp2p((store, makeReal) => {
    const real = () => {
      const port = makeReal()
      return { port, reach: port.reach, isAlone: () => port.isAlone() }
    }
    return hybrid(store, at('hybrid'), { real })
  })

/** The first of each group is what the others are compared with. */
export const GROUPS = [
  {
    'MockDHT called directly': direct,
    'hybrid, mode mock': () => withMode(at('mock')),
    'hybrid, 0 %': () => withMode(at('hybrid', 0)),
    'hybrid, 10 %': () => withMode(at('hybrid', 10)),
    'hybrid, 50 %': () => withMode(at('hybrid', 50)),
    'hybrid, 100 %': () => withMode(at('hybrid')),
    'hybrid, 100 %, level local': () => withMode(at('hybrid'), { level: 'local' }),
    'hybrid, mode shadow': () => withMode(at('shadow')),
    'hybrid, mode real': () => withMode(at('real')),
    'cockatiel: fallback, breaker, timeout': withCockatiel,
    'opossum: fallback, breaker, timeout': withOpossum,
  },
  {
    'Libp2pDHT of a lone node called directly': directLibp2p,
    'hybrid, 100 %, over it': hybridOverLibp2p,
  },
]

/** Microseconds per call, one figure a batch. */
const sample = async (get, durationMs) => {
  const samplesUs = []
  const untilMs = performance.now() + durationMs
  let calls = 0
  while (performance.now() < untilMs) {
    // Timers and other tasks get their turn, and are not timed.
    await breathe()
    const beganMs = performance.now()
    for (let i = 0; i < BATCH; i++) {
      const found = await get(KEYS[calls++ % KEYS.length])
      if (found?.value.length !== VALUE_BYTES) throw new Error('a read returned the wrong value')
    }
    samplesUs.push(((performance.now() - beganMs) * 1000) / BATCH)
  }
  return samplesUs
}

/**
 * Short rounds in turn.
 * @returns for each group, for each contender: its name and samples in microseconds
 */
export const measureReads = async ({ rounds, durationMs, progress }) => {
  const groups = []
  for (const group of GROUPS) {
    const rows = []
    for (const [name, make] of Object.entries(group))
      rows.push({ name, samplesUs: [], ...(await make()) })
    for (let round = -1; round < rounds; round++) {
      progress(`reads: round ${round + 1}/${rounds}`)
      for (let turn = 0; turn < rows.length; turn++) {
        const row = rows[(Math.max(round, 0) + turn) % rows.length]
        const samplesUs = await sample(row.get, durationMs)
        if (round >= 0) row.samplesUs.push(...samplesUs)
      }
    }
    for (const { stop } of rows) await stop()
    groups.push(rows)
  }
  return groups
}
