import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bzzz/base'
import { Libp2pDHT } from '@bzzz/dht-libp2p'
import { MockDHT } from '@bzzz/dht-mock'
import { Libp2pHost } from '@bzzz/libp2p-host'
import { MemoryStore } from '@bzzz/store'
import { openFileStore } from '@bzzz/store/node'

const keyOf = (sizeBytes, i) => `bench/${sizeBytes}/${i % 1024}`

const assertAcknowledged = (receipt) => {
  if (receipt.outcome !== 'acknowledged') throw new Error('a write stayed pending')
}

/** One member of a mesh, with a store in memory or synced to disk. */
export const startNode = async ({ durability }) => {
  const seed = crypto.getRandomValues(new Uint8Array(32))
  const host = new Libp2pHost({ seed })
  await host.start()
  const writer = host.peerId
  const directory = durability === 'disk' ? await mkdtemp(join(tmpdir(), 'bzzz-bench-')) : undefined
  const store =
    directory === undefined
      ? new MemoryStore({ writer, clock: systemClock })
      : await openFileStore({ directory, writer })
  if (!store.isStarted) await store.start()
  const dht = new Libp2pDHT({ transport: host, store, signer: host.signer })
  await dht.start()
  const mockStore = new MemoryStore({ writer, clock: systemClock })
  await mockStore.start()
  const mock = new MockDHT({ store: mockStore })
  await mock.start()

  const values = {}
  const valueOf = (sizeBytes) => (values[sizeBytes] ??= new Uint8Array(sizeBytes).fill(7))
  const fill = async (target, sizeBytes) => {
    for (let i = 0; i < 1024; i += 64)
      await Promise.all(
        Array.from({ length: 64 }, (_, j) =>
          target.put(keyOf(sizeBytes, i + j), valueOf(sizeBytes)),
        ),
      )
  }
  return {
    address: host.addresses()[0],
    connect: async (addresses) => {
      for (const address of addresses) await host.dial(address)
    },
    ready: async () => {
      const receipt = await dht.put('bench/ready', valueOf(1), { level: 'all', timeoutMs: 1000 })
      return receipt.outcome === 'acknowledged' && receipt.replicas === 3
    },
    operation: async ({ op, sizeBytes }) => {
      const value = valueOf(sizeBytes)
      if (op === 'put')
        return async (i) =>
          assertAcknowledged(await dht.put(keyOf(sizeBytes, i), value, { level: 'quorum' }))
      const target = op === 'mock-get' ? mock : dht
      const level = op === 'get' ? 'quorum' : 'local'
      await fill(target, sizeBytes)
      return async (i) => {
        const found = await target.get(keyOf(sizeBytes, i), { level })
        if (found?.value.length !== sizeBytes) throw new Error('a read returned the wrong value')
      }
    },
    stop: async () => {
      await mock.stop()
      await mockStore.stop()
      await dht.stop()
      await store.stop()
      await host.stop()
      if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    },
  }
}
