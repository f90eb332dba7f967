import { utf8 } from '@bzzz/base'
import { expect, test } from '@jest/globals'
import { keyOn, Lab } from './lab.js'

test('a read brings an older copy of this node up to date, also where it is no replica', async () => {
  const lab = await Lab.of(4)
  const { key, replicas } = keyOn(
    4,
    (name) => lab.node(0).store.bucketOf(name),
    () => true,
  )
  const outside = [0, 1, 2, 3].find((index) => !replicas.includes(index)) ?? -1
  const [writer = -1] = replicas
  await lab.world.complete(lab.node(writer).dht.put(key, utf8('old'), { level: 'all' }))
  // As before it enters mode `mock`: it holds a copy of what it does not replicate.
  await lab.world.complete(lab.node(outside).dht.copyAll())
  expect(lab.node(outside).store.head(key)?.deleted).toBe(false)
  await lab.world.complete(lab.node(writer).dht.delete(key, { level: 'all' }))
  expect(await lab.world.complete(lab.node(outside).dht.get(key))).toBeUndefined()
  // Told that it is gone, nobody shall see it again from here when the replicas are away.
  expect(lab.node(outside).store.head(key)?.deleted).toBe(true)
})
