import { describe, it } from '@jest/globals'
import { storeContract } from '../src/contract/index.js'
import { LogStore } from '../src/log/log-store.js'
import { FakeDisk } from './fake-disk.js'

const disks = new WeakMap<object, FakeDisk>()

for (const [name, options] of [
  ['log on a disk in memory', {}],
  ['log without a cache, tiny segments', { cacheBytesMax: 0, segmentBytes: 512 }],
] as const) {
  const open = (disk: FakeDisk, setup: { clock: never; writer: string }): LogStore => {
    const store = new LogStore({ ...setup, ...options, disk, ballastBytes: 0 })
    disks.set(store, disk)
    return store
  }
  storeContract(
    { describe, it },
    {
      name,
      createStore: (setup) => open(new FakeDisk(), setup as never),
      reopen: (stopped, setup) => open(disks.get(stopped) ?? new FakeDisk(), setup as never),
    },
  )
}
