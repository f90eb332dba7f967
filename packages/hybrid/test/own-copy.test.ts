import { expect, test } from '@jest/globals'
import type { StampedRecord } from '@bzzz/base'
import { bytesOf, createRig, textOf } from './support.js'

test('a copy that this node lacks is no deletion of what a quorum showed before', async () => {
  const { run, peers, world, dht } = await createRig()
  const version = { wallMs: world.clock.nowMs(), counter: 0, writer: 'peer' }
  const record: StampedRecord = {
    key: 'k',
    value: bytesOf('shown'),
    deleted: false,
    version,
    opId: 'op',
  }
  peers.records.set('k', record)
  const read = (level?: 'local') =>
    run(() => dht.get('k', level === undefined ? {} : { level })).then((found) =>
      textOf(found?.value),
    )
  expect(await read()).toBe('shown')
  // As a replica answers of its own copy that has not come yet; and then a quorum, of a deletion.
  peers.records.delete('k')
  expect(await read('local')).toBe('shown')
  expect(await read()).toBeUndefined()
  expect(await read('local')).toBeUndefined()
})
