// The way back with 10,000 records that the peers lack: probes, sending, comparing, until real serves.
import { systemClock, systemRandom } from '@bzzz/base'
import { createMockNetwork, MockDHT } from '@bzzz/dht-mock'
import { ProcessGate, realGround } from '@bzzz/sim'
import { fileStore, hybrid, memoryStore, until, VALUE } from './rig.js'

export const RECORDS = 10_000

const sideOf = (network, peerId, store) =>
  network.join(peerId, {
    store,
    clock: systemClock,
    random: systemRandom,
    gate: new ProcessGate(),
    pumpsDirty: false,
  })

/** Seconds from the change of mode until real serves and nothing is dirty. */
const seconds = async (mine, theirs, tuning) => {
  const ground = realGround(systemClock, systemRandom)
  const network = createMockNetwork({ ground, count: 2 })
  const [own, other] = network.peerIds
  const store = await mine(own)
  const peerStore = await theirs(other)
  const peer = sideOf(network, other, peerStore)
  await peer.start()
  const real = () => {
    const port = sideOf(network, own, store)
    return { port, reach: port.reach, confirm: (...args) => port.confirm(...args) }
  }
  const mock = new MockDHT({ store })
  const dht = await hybrid(store, { mode: 'mock', percent: 100 }, { mock, real, tuning })
  for (let i = 0; i < RECORDS; i += 500)
    await Promise.all(Array.from({ length: 500 }, (_, j) => dht.put(`bench/${i + j}`, VALUE)))
  const beganMs = performance.now()
  await dht.controls.setMode({ mode: 'hybrid', percent: 100 })
  await until(() => dht.controls.phase === 'real' && store.dirtyBytes === 0, 'all is sent')
  const tookMs = performance.now() - beganMs
  if (peerStore.size < RECORDS) throw new Error('the peer does not hold all records')
  await dht.stop()
  await peer.stop()
  await store.stop()
  await peerStore.stop()
  return tookMs / 1000
}

/** No token bucket: what the machine gives. */
const UNBOUNDED = { drainPerS: 1e9, drainInFlightMax: 64 }

export const measureDrain = async (folder, round) => ({
  'in memory, as tuned by default': await seconds(memoryStore, memoryStore, {}),
  'in memory, no bound': await seconds(memoryStore, memoryStore, UNBOUNDED),
  'on disk, as tuned by default': await seconds(
    (writer) => fileStore(folder, `drain-${round}-mine`, writer),
    (writer) => fileStore(folder, `drain-${round}-theirs`, writer),
    {},
  ),
})
