import { compareVersions, type StampedRecord, type Version } from '@bzzz/base'
import { ok, rejects, same, sameBytes, sameData } from '@bzzz/base/check'
import type { WriteReceipt } from '../dht.js'
import { VALUE_BYTES_MAX } from '../limits.js'
import { AT_QUORUM, bytesOf, eventually, nodeOf, type Suite } from './suite.js'

const EMPTY = new Uint8Array(0)

const recordOf = (
  key: string,
  value: Uint8Array,
  version: Version,
  rest: Partial<StampedRecord> = {},
): StampedRecord => ({ key, value, deleted: false, version, opId: `op of ${key}`, ...rest })

const after = ({ version }: WriteReceipt): Version => ({ ...version, counter: version.counter + 1 })

const deletes = ({ api, network, key }: Suite): void => {
  api.it('a deleted record is absent on every node, and a newer write revives it', async () => {
    const net = await network()
    const name = key('delete')
    await nodeOf(net, 0).put(name, bytesOf('x'), AT_QUORUM)
    const removed = await nodeOf(net, 1).delete(name, AT_QUORUM)
    for (const node of net.nodes)
      same(await node.get(name, AT_QUORUM), undefined, 'read after delete')
    const revived = await nodeOf(net, 2).put(name, bytesOf('y'), AT_QUORUM)
    ok(compareVersions(revived.version, removed.version) > 0, 'the revival is newer')
    for (const node of net.nodes)
      sameBytes((await node.get(name, AT_QUORUM))?.value, bytesOf('y'), 'read after revival')
  })

  api.it('deleting what is absent succeeds', async () => {
    const net = await network()
    const name = key('delete-absent')
    same((await nodeOf(net, 0).delete(name, AT_QUORUM)).outcome, 'acknowledged', 'outcome')
    same(await nodeOf(net, 0).get(name, AT_QUORUM), undefined, 'read')
  })

  api.it('an older record does not come back over a tombstone', async () => {
    const net = await network()
    const name = key('tombstone')
    const node = nodeOf(net, 0)
    const written = await node.put(name, bytesOf('old'), AT_QUORUM)
    await node.delete(name, AT_QUORUM)
    await node.apply(
      recordOf(name, bytesOf('old'), written.version, { opId: written.opId }),
      AT_QUORUM,
    )
    await net.settle()
    for (const other of net.nodes)
      same(await other.get(name, AT_QUORUM), undefined, 'read after the old record')
  })
}

const applies = ({ api, network, key }: Suite): void => {
  api.it('apply keeps the version of the record, and is idempotent', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const name = key('apply')
    const version = after(await node.put(key('stamp'), EMPTY))
    const record = recordOf(name, bytesOf('given'), version)
    for (let round = 0; round < 3; round++) {
      const receipt = await node.apply(record, AT_QUORUM)
      sameData(receipt.version, version, 'version in the receipt')
      same(receipt.opId, record.opId, 'operation id in the receipt')
      same(receipt.outcome, 'acknowledged', 'outcome')
    }
    for (const other of net.nodes) {
      const found = await other.get(name, AT_QUORUM)
      sameBytes(found?.value, bytesOf('given'), 'value')
      sameData(found?.version, version, 'version')
    }
  })

  api.it('apply of an older record changes nothing', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const name = key('apply-old')
    const first = await node.put(name, bytesOf('first'), AT_QUORUM)
    const second = await node.put(name, bytesOf('second'), AT_QUORUM)
    await node.apply(
      recordOf(name, bytesOf('first'), first.version, { opId: first.opId }),
      AT_QUORUM,
    )
    await net.settle()
    for (const other of net.nodes)
      sameData(
        (await other.get(name, AT_QUORUM))?.version,
        second.version,
        'version after the old record',
      )
  })

  api.it('apply of a tombstone deletes', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const name = key('apply-delete')
    const version = after(await node.put(name, bytesOf('x'), AT_QUORUM))
    await node.apply(recordOf(name, EMPTY, version, { deleted: true }), AT_QUORUM)
    for (const other of net.nodes) same(await other.get(name, AT_QUORUM), undefined, 'read')
  })

  api.it('apply refuses malformed records and stamps from the future', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const version = after(await node.put(key('stamp'), EMPTY))
    const name = key('apply-bad')
    const apply = (record: StampedRecord) => () => node.apply(record)
    const ahead = { ...version, wallMs: version.wallMs + 86_400_000 }
    const large = new Uint8Array(VALUE_BYTES_MAX + 1)
    await rejects(apply(recordOf('', EMPTY, version)), 'DHT_KEY_INVALID', 'empty key')
    await rejects(apply(recordOf(name, large, version)), 'DHT_VALUE_TOO_LARGE', 'large value')
    await rejects(apply(recordOf(name, EMPTY, ahead)), 'CLOCK_SKEW', 'a stamp of tomorrow')
    const both = recordOf(name, bytesOf('x'), version, { deleted: true })
    await rejects(apply(both), 'DHT_RECORD_INVALID', 'a tombstone with a value')
    for (const wallMs of [-1, 0.5, Number.NaN])
      await rejects(
        apply(recordOf(name, EMPTY, { ...version, wallMs })),
        'DHT_RECORD_INVALID',
        `a stamp of ${wallMs} ms`,
      )
    same(await node.get(name, AT_QUORUM), undefined, 'what was refused left nothing')
  })
}

const expiry = ({ api, options, network, key }: Suite): void => {
  api.it('a record reads as absent from its expiry on', async () => {
    const net = await network()
    const name = key('expiry')
    const node = nodeOf(net, 0)
    const nowMs = (await node.put(name, bytesOf('now'), AT_QUORUM)).version.wallMs
    const expiresAtMs = nowMs + 60_000
    await node.put(name, bytesOf('lasting'), { ...AT_QUORUM, expiresAtMs })
    for (const other of net.nodes)
      same((await other.get(name, AT_QUORUM))?.expiresAtMs, expiresAtMs, 'expiry as read')
    const soon = await node.put(name, bytesOf('soon over'), AT_QUORUM)
    await node.put(name, bytesOf('soon over'), {
      ...AT_QUORUM,
      expiresAtMs: soon.version.wallMs + 200,
    })
    for (const other of net.nodes)
      await eventually(
        options,
        'expiry',
        async () => (await other.get(name, AT_QUORUM)) === undefined,
      )
    const again = await node.put(name, bytesOf('again'), { ...AT_QUORUM, expectedVersion: null })
    same(again.outcome, 'acknowledged', 'an expired record counts as absent')
    sameBytes(
      (await node.get(name, AT_QUORUM))?.value,
      bytesOf('again'),
      'a later write without expiry',
    )
  })

  api.it('what expired before it was written is never read', async () => {
    const net = await network()
    const name = key('expired')
    await nodeOf(net, 0).put(name, bytesOf('x'), { ...AT_QUORUM, expiresAtMs: 1 })
    for (const node of net.nodes) {
      same(await node.get(name, AT_QUORUM), undefined, 'quorum read')
      same(await node.get(name, { level: 'local' }), undefined, 'local read')
    }
  })
}

/** Tombstones, stamped records and expiry. */
export const recordTests = (suite: Suite): void => {
  deletes(suite)
  applies(suite)
  expiry(suite)
}
