import { expect, jest, test } from '@jest/globals'
import { fromUtf8, utf8 } from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { Libp2pDHT, memoryViewStorage } from '../src/index.js'
import { signerOf } from './cluster.js'
import { realMesh, realNode, stopNode, until } from './real.js'

jest.setTimeout(60_000)

const LIVES = laneCount(4, 20)

test('over real sockets: several lives of a DHT on one host, then a confirmation and a copy', async () => {
  const two = await realMesh(2)
  const [first, second] = two
  if (first === undefined || second === undefined) throw new Error('a mesh of two was asked for')
  const third = await realNode(2, first.host.addresses().slice(0, 1))
  const { host, store } = third
  const viewStorage = memoryViewStorage()
  const make = (): Libp2pDHT =>
    new Libp2pDHT({ transport: host, store, signer: signerOf(2), viewStorage, tryMs: 300 })
  let dht = make()
  await dht.start()
  await until('a mesh', () =>
    [first.dht, second.dht, dht].every((one) => one.members.length === 3 && one.isSettled),
  )
  const keys: string[] = []
  for (let life = 0; life < LIVES; life++) {
    await dht.stop()
    expect(dht.reach.hasQuorum).toBe(false)
    dht = make()
    await dht.start()
    expect(dht.isSettled).toBe(true)
    await until('a quorum', () => dht.reach.hasQuorum)
    for (const writer of [first.dht, dht]) {
      const key = `key ${keys.length}`
      keys.push(key)
      expect((await writer.put(key, utf8(key))).outcome).toBe('acknowledged')
    }
  }
  await until('replication', () => store.dirtyBytes === 0 && first.store.dirtyBytes === 0)
  expect(await dht.confirm(keys)).toBe(true)
  let done = 0
  await dht.copyAll({
    onProgress: (progress) => {
      ;({ done } = progress)
    },
  })
  expect(done).toBe(4096)
  expect(store.size).toBe(keys.length)
  for (const key of keys) expect(fromUtf8((await second.dht.get(key))?.value ?? utf8(''))).toBe(key)
  await dht.stop()
  for (const node of [third, second, first]) await stopNode(node)
})
