// A durable write of 256 B, beside an asynchronous write and fdatasync of as many bytes and nothing else.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { embedded, fileStore, hybrid, KEYS, VALUE, VALUE_BYTES } from './rig.js'

const RAW = 'asynchronous write and fdatasync'

const raw = async (folder) => {
  const file = await open(join(folder, 'raw'), constants.O_CREAT | constants.O_WRONLY)
  let at = 0
  return {
    put: async () => {
      await file.write(VALUE, 0, VALUE_BYTES, at)
      at += VALUE_BYTES
      await file.datasync()
    },
    stop: () => file.close(),
  }
}

const overFiles = async (folder, name, make) => {
  const store = await fileStore(folder, name)
  const dht = await make(store)
  return {
    put: async (i) => {
      const receipt = await dht.put(KEYS[i % KEYS.length], VALUE)
      if (receipt.outcome !== 'acknowledged' || receipt.durability !== 'disk')
        throw new Error('a write was not acknowledged as durable')
    },
    stop: async () => {
      await dht.stop()
      await store.stop()
    },
  }
}

const SYSTEMS = {
  [RAW]: raw,
  MockDHT: (folder) => overFiles(folder, 'mock', embedded),
  'hybrid, mode mock': (folder) =>
    overFiles(folder, 'hybrid-mock', (store) => hybrid(store, { mode: 'mock', percent: 100 })),
  'hybrid, 100 %': (folder) =>
    overFiles(folder, 'hybrid-real', (store) => hybrid(store, { mode: 'hybrid', percent: 100 })),
}

/** Microseconds of each write, and of all of them divided by their number. */
const measured = async (put, count, inFlight) => {
  const samplesUs = []
  let next = 0
  const caller = async () => {
    for (let i = next++; i < count; i = next++) {
      const beganMs = performance.now()
      await put(i)
      samplesUs.push((performance.now() - beganMs) * 1000)
    }
  }
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: inFlight }, caller))
  return { samplesUs, perWriteUs: ((performance.now() - beganMs) * 1000) / count }
}

/**
 * Short rounds in turn, so that a busy moment of disk or machine hits every system alike.
 * @returns for each system and number in flight: all samples, and the time per write of each round
 */
export const measureWrites = async (folder, { rounds, sequential, concurrent }) => {
  const systems = {}
  for (const [name, make] of Object.entries(SYSTEMS)) systems[name] = await make(folder)
  const results = []
  for (const inFlight of [1, 64]) {
    // 64 raw syncs of one file at once would measure the thread pool.
    const names = Object.keys(systems).filter((name) => inFlight === 1 || name !== RAW)
    const rows = names.map((name) => ({ name, inFlight, samplesUs: [], perWriteUs: [] }))
    for (let round = -1; round < rounds; round++)
      for (let turn = 0; turn < rows.length; turn++) {
        const row = rows[(Math.max(round, 0) + turn) % rows.length]
        const count = inFlight === 1 ? sequential : concurrent
        const one = await measured(systems[row.name].put, count, inFlight)
        if (round < 0) continue
        row.samplesUs.push(...one.samplesUs)
        row.perWriteUs.push(one.perWriteUs)
      }
    results.push(...rows)
  }
  for (const { stop } of Object.values(systems)) await stop()
  return results
}
