import { expect, test } from '@jest/globals'
import { bytesOf, createRig } from './support.js'

const DECIDED_MS = 5_000

test('a conditional write that real logged, and did not tell of in time, is pending and not refused', async () => {
  const { dht, run, pass, peers, store } = await createRig()
  await pass(50)
  peers.logsFirst = true
  peers.turn('silent')
  const write = run(() => dht.put('k', bytesOf('v'), { expectedVersion: null, opId: 'once' }))
  expect(await write).toMatchObject({ outcome: 'pending', opId: 'once', heldBy: ['me'] })
  expect(store.head('k')).toMatchObject({ deleted: false })
  peers.turn('up')
  await pass(DECIDED_MS)
  expect(peers.records.get('k')?.opId).toBe('once')
})

test('one that real had not logged is refused, and real is told to give up', async () => {
  const { dht, run, pass, peers, store } = await createRig()
  await pass(50)
  peers.turn('silent')
  const write = run(() => dht.put('k', bytesOf('v'), { expectedVersion: null }))
  await expect(write).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  peers.turn('up')
  await pass(DECIDED_MS)
  expect(store.head('k')).toBeUndefined()
  expect(peers.records.has('k')).toBe(false)
})
