// Writes without end into the store of a directory, and notes what was acknowledged in a file.
// Ends when it is killed, or when the store refuses.
// Arguments: directory, file of acknowledgements, "keep" or "skip" for its syncs, bytes of a segment.
import { mkdirSync, openSync, writeSync } from 'node:fs'
import { systemClock } from '@bzzz/base'
import { LogStore } from '@bzzz/store'
import { FileStore, NodeDisk } from '@bzzz/store/node'

const [directory, acknowledgements, syncs, segmentBytes] = process.argv.slice(2)
const WORKERS = 32
const KEYS = 20

const options = {
  writer: 'node-a',
  segmentBytes: Number(segmentBytes),
  markDelayMs: 20,
  cacheBytesMax: 64 * 1024,
}

/** The counter-check: without its syncs, the test of a power cut has to see records lost. */
class UnsyncedDisk extends NodeDisk {
  async open(...args) {
    const file = await super.open(...args)
    file.sync = () => Promise.resolve()
    return file
  }
}

const makeStore = () => {
  if (syncs === 'keep') return new FileStore({ ...options, directory })
  mkdirSync(directory, { recursive: true })
  return new LogStore({ ...options, disk: new UnsyncedDisk(directory), clock: systemClock })
}

const store = makeStore()
await store.start()
const out = openSync(acknowledgements, 'a')
writeSync(1, `ready ${store.epoch}\n`)

const work = async (worker) => {
  for (let i = 0; ; i++) {
    const key = `${worker}/${i % KEYS}`
    const text = `${store.epoch}.${i}`
    const value = new Uint8Array(100 + ((i * 37) % 400))
    new TextEncoder().encodeInto(`${text} `, value)
    await store.append({ key, value }, { opId: `${key}=${text}` }).committed
    writeSync(out, `${key} ${text}\n`)
  }
}
await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker))).catch((error) => {
  writeSync(1, `refused ${error.code}\n`)
})
