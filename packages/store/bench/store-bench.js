// What a durable write costs on different grounds, in one run on one disk, rounds interleaved.
// Usage: node bench/store-bench.js [directory]   (default: the temporary directory)
import { mkdtempSync, openSync, closeSync, write, fdatasync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { ClassicLevel } from 'classic-level'
import { FileStore } from '@bzzz/store/node'

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'bzzz-bench-'))
// Many short rounds, so that a busy moment of the machine hits every system alike.
const ROUNDS = 12
const writeAt = promisify(write)
const syncAt = promisify(fdatasync)

/** The floor: an asynchronous write and an fdatasync, nothing else. */
const raw = () => {
  const fd = openSync(join(root, 'raw'), 'w')
  let at = 0
  return {
    put: async (_key, value) => {
      await writeAt(fd, value, 0, value.length, at)
      at += value.length
      await syncAt(fd)
    },
    close: () => closeSync(fd),
  }
}

const own = async () => {
  const store = new FileStore({ directory: join(root, 'own'), writer: 'bench', ballastBytes: 0 })
  await store.start()
  let op = 0
  return {
    put: (key, value) => store.append({ key, value }, { opId: `op-${op++}` }).committed,
    get: (key) => store.read(key),
    close: () => store.stop(),
  }
}

const level = async () => {
  const db = new ClassicLevel(join(root, 'level'), { valueEncoding: 'view' })
  await db.open()
  return {
    put: (key, value) => db.put(key, value, { sync: true }),
    get: (key) => db.getSync(key),
    close: () => db.close(),
  }
}

/** Synchronous, so it cannot group: it blocks the event loop for every commit. */
const sqlite = () => {
  const db = new DatabaseSync(join(root, 'sqlite.db'))
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv(k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID',
  )
  const insert = db.prepare(
    'INSERT INTO kv VALUES (?, ?) ON CONFLICT(k) DO UPDATE SET v = excluded.v',
  )
  const select = db.prepare('SELECT v FROM kv WHERE k = ?')
  return {
    put: async (key, value) => void insert.run(key, value),
    get: (key) => select.get(key),
    close: () => db.close(),
  }
}

// SQLite writes no page that stays the same, so every value is a new one.
let values = 0
const newValue = (bytes) => {
  const value = Buffer.alloc(bytes, values & 255)
  value.writeUInt32BE(values++)
  return value
}

/** Microseconds of each of `count` writes, `inFlight` at a time, and the time of all. */
const measure = async (system, bytes, inFlight, count) => {
  const latencies = []
  let next = 0
  const worker = async () => {
    while (next < count) {
      const i = next++
      const value = newValue(bytes)
      const begun = performance.now()
      await system.put(`key-${i % 500}`, value)
      latencies.push((performance.now() - begun) * 1000)
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  const totalUs = (performance.now() - begun) * 1000
  return { latencies, perWriteUs: totalUs / count }
}

const quantile = (list, q) => list.toSorted((a, b) => a - b)[Math.floor(list.length * q)]
const us = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0)).padStart(9)

const systems = {
  'raw write+fdatasync': raw(),
  'own log': await own(),
  'classic-level sync': await level(),
  'node:sqlite WAL FULL': sqlite(),
}

console.log(
  `Node ${process.version}, ${cpus().length} CPUs, ${root.slice(0, root.lastIndexOf('/'))}`,
)
console.log('put, microseconds                 p50      p99  per write   x raw (p50)')
for (const bytes of [256, 16384])
  for (const inFlight of [1, 64]) {
    const count = inFlight === 1 ? 60 : bytes === 256 ? 1000 : 200
    const results = new Map(Object.keys(systems).map((name) => [name, []]))
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, system] of Object.entries(systems)) {
        // 64 raw syncs of one file at once would measure the thread pool.
        const result = await measure(
          system,
          bytes,
          name.startsWith('raw') ? 1 : inFlight,
          name.startsWith('raw') ? 60 : count,
        )
        if (round > 0) results.get(name).push(result)
      }
    const p50 = (name) =>
      quantile(
        results.get(name).flatMap(({ latencies }) => latencies),
        0.5,
      )
    for (const [name, rounds] of results) {
      const all = rounds.flatMap(({ latencies }) => latencies)
      const perWrite = quantile(
        rounds.map(({ perWriteUs }) => perWriteUs),
        0.5,
      )
      const ratio = (p50(name) / p50('raw write+fdatasync')).toFixed(2)
      console.log(
        `${String(bytes).padStart(5)} B x${String(inFlight).padEnd(3)} ${name.padEnd(21)}${us(p50(name))}${us(quantile(all, 0.99))}${us(perWrite)}${ratio.padStart(10)}`,
      )
    }
  }

console.log('get of what is in memory, microseconds per read')
for (const [name, system] of Object.entries(systems)) {
  if (system.get === undefined) continue
  const keys = Array.from({ length: 500 }, (_, i) => `key-${i}`)
  const rounds = []
  for (let round = 0; round <= ROUNDS; round++) {
    const count = name === 'own log' ? 1_000_000 : 10_000
    const begun = performance.now()
    for (let i = 0; i < count; i++) system.get(keys[i % 500])
    rounds.push(((performance.now() - begun) * 1000) / count)
  }
  console.log(`${name.padEnd(32)}${quantile(rounds.slice(1), 0.5).toFixed(3)}`)
}

for (const system of Object.values(systems)) await system.close()
rmSync(root, { recursive: true })
