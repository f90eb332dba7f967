import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from '@jest/globals'
import { systemClock, systemRandom, type Startable } from '@bzzz/base'
import { dhtContract } from '@bzzz/dht-core/contract'
import { realGround } from '@bzzz/sim'
import { FileStore, openFileStore } from '@bzzz/store/node'
import { MockDHT } from '../src/mock-dht.js'
import { createMockNetwork } from '../src/mock-network.js'
import { asContract } from './support.js'

const root = mkdtempSync(join(tmpdir(), 'dht-mock-'))
const opened: Startable[] = []
let directories = 0
const nextDirectory = (): string => join(root, `store-${directories++}`)

afterAll(async () => {
  for (const store of opened) await store.stop()
  rmSync(root, { recursive: true })
})

dhtContract(
  { describe, it },
  {
    name: 'mock on file',
    nodeCounts: [1, 3],
    durability: 'disk',
    supports: { partition: true },
    createNetwork: async (count) => {
      const network = createMockNetwork({
        ground: realGround(systemClock, systemRandom),
        count,
        createStore: ({ peerId, clock, random }) =>
          new FileStore({
            directory: nextDirectory(),
            writer: peerId,
            clock,
            random,
            ballastBytes: 0,
          }),
      })
      await network.start()
      return asContract(network, async () => {})
    },
    createNode: async () => {
      const store = await openFileStore({
        directory: nextDirectory(),
        writer: 'lone',
        ballastBytes: 0,
      })
      opened.push(store)
      return new MockDHT({ store })
    },
  },
)
