import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bzzz/base'
import { dhtPort } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { defineHybrid } from '@bzzz/hybrid'
import { MemoryStore } from '@bzzz/store'
import { openFileStore } from '@bzzz/store/node'

const HybridDHT = defineHybrid(dhtPort, ['peerId'])

export const VALUE_BYTES = 256
export const VALUE = new Uint8Array(VALUE_BYTES).fill(7)
export const KEYS = Array.from({ length: 512 }, (_, i) => `bench/hybrid/${i}`)

/** Lets timers and sockets run; a closed loop of answered promises never would. */
export const breathe = () => new Promise((resolve) => void setImmediate(resolve))

/** Resolves once the condition holds; looks at it every millisecond. */
export const until = async (condition, what, timeoutMs = 30_000) => {
  const untilMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => void setTimeout(resolve, 1))
  }
}

export const memoryStore = async (writer = 'bench') => {
  const store = new MemoryStore({ writer, clock: systemClock })
  await store.start()
  return store
}

/** A folder that goes with the benchmark. */
export const temporaryFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'bzzz-bench-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export const fileStore = (folder, name, writer = 'bench') =>
  openFileStore({ directory: join(folder, name), writer, ballastBytes: 0 })

export const embedded = async (store) => {
  const dht = new MockDHT({ store })
  await dht.start()
  return dht
}

/** The cheapest real side there is: an embedded one that calls a record replicated once it is here. */
export const replicatedAtOnce = (store) => {
  const dht = new MockDHT({ store })
  const apply = dht.apply.bind(dht)
  dht.apply = async (record, options) => {
    const receipt = await apply(record, options)
    store.markClean([record])
    return receipt
  }
  return dht
}

/** A started hybrid over a store; its real side is an embedded one too, unless told otherwise. */
export const hybrid = async (store, setting, options = {}) => {
  const dht = new HybridDHT({
    component: 'dht',
    mock: new MockDHT({ store }),
    real: () => ({ port: replicatedAtOnce(store) }),
    store,
    setting,
    ...options,
  })
  await dht.start()
  if (setting.mode !== 'mock') await until(() => dht.controls.phase === 'real', 'real serves')
  return dht
}

/** Every key has a value, which its replicas hold. */
export const fill = async (dht, store) => {
  await Promise.all(KEYS.map((key) => dht.put(key, VALUE)))
  store.markClean(KEYS.map((key) => store.head(key)))
}
