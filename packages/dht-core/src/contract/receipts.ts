import { compareVersions } from '@bzzz/base'
import { ok, rejects, same, sameBytes, sameData } from '@bzzz/base/check'
import { AT_QUORUM, bytesOf, nodeOf, type Suite } from './suite.js'

const receipts = ({ api, options, network, key }: Suite): void => {
  api.it('a receipt states key, version, operation, level, holders and durability', async () => {
    const net = await network()
    const name = key('receipt')
    for (const node of net.nodes) {
      const put = await node.put(name, bytesOf('x'), { opId: `op-${node.peerId}` })
      const removed = await node.delete(name, { level: 'local' })
      for (const written of [put, removed]) {
        same(written.key, name, 'key')
        same(written.version.writer, node.peerId, 'writer')
        same(written.durability, options.durability, 'durability')
        ok(written.replicas >= 1 && written.replicas <= net.nodes.length, 'number of replicas')
        same(new Set(written.heldBy).size, written.heldBy.length, 'holders named once')
        const ids = new Set(net.nodes.map((other) => other.peerId))
        ok(
          written.heldBy.every((id) => ids.has(id)),
          'holders are peers',
        )
      }
      same(put.opId, `op-${node.peerId}`, 'operation id')
      const isDefault =
        put.level === 'quorum' || (options.supports?.fallsBack === true && put.level === 'local')
      ok(isDefault, `default level: ${String(put.level)}`)
      same(removed.level, 'local', 'level asked for')
      ok(removed.opId.length > 0 && removed.opId !== put.opId, 'a fresh operation id')
      ok(compareVersions(removed.version, put.version) > 0, 'later writes have later versions')
    }
  })
}

const retries = ({ api, network, key }: Suite): void => {
  api.it('an operation retried takes effect once and returns its first version', async () => {
    const net = await network()
    const name = key('retry')
    const node = nodeOf(net, 0)
    const opId = key('op')
    const first = await node.put(name, bytesOf('first'), { ...AT_QUORUM, opId })
    const again = await node.put(name, bytesOf('first'), { ...AT_QUORUM, opId })
    sameData(again.version, first.version, 'version of the retry')
    const later = await node.put(name, bytesOf('later'), AT_QUORUM)
    const late = await node.put(name, bytesOf('first'), { ...AT_QUORUM, opId })
    sameData(late.version, first.version, 'version of the late retry')
    const found = await node.get(name, AT_QUORUM)
    sameBytes(found?.value, bytesOf('later'), 'a late retry changes nothing')
    sameData(found?.version, later.version, 'a late retry stamps nothing')
  })

  api.it('retries at once are one write', async () => {
    const net = await network()
    const name = key('retries')
    const node = nodeOf(net, 1)
    const opId = key('op')
    const changes: string[] = []
    const stop = node.onChange((change) => {
      if (change.key === name) changes.push(JSON.stringify(change.version))
    })
    const all = await Promise.all(
      Array.from({ length: 10 }, () => node.put(name, bytesOf('once'), { ...AT_QUORUM, opId })),
    )
    await net.settle()
    stop()
    for (const one of all) sameData(one.version, all[0]?.version, 'version of each retry')
    same(new Set(changes).size, changes.length, 'no version changed twice')
    ok(changes.length <= 1, 'one change at the node that wrote')
  })

  api.it("a retry does not bring a value back over another node's later write", async () => {
    const net = await network()
    const name = key('retry-over')
    const opId = key('op')
    await nodeOf(net, 0).put(name, bytesOf('first'), { ...AT_QUORUM, opId })
    await nodeOf(net, 1).put(name, bytesOf('later'), AT_QUORUM)
    await nodeOf(net, 0).put(name, bytesOf('first'), { ...AT_QUORUM, opId })
    await net.settle()
    for (const node of net.nodes)
      sameBytes(
        (await node.get(name, AT_QUORUM))?.value,
        bytesOf('later'),
        'the later write stands',
      )
  })
}

const conditions = ({ api, network, key }: Suite): void => {
  for (const level of ['local', 'quorum'] as const)
    api.it(`compare-and-set at ${level} writes at the expected version only`, async () => {
      const net = await network()
      const name = key('cas')
      const node = nodeOf(net, 0)
      const made = await node.put(name, bytesOf('1'), { level, expectedVersion: null })
      const put = (text: string, expectedVersion: typeof made.version | null) => () =>
        node.put(name, bytesOf(text), { level, expectedVersion })
      await rejects(put('x', null), 'DHT_CONFLICT', 'absent expected, record present')
      const second = await node.put(name, bytesOf('2'), { level, expectedVersion: made.version })
      await rejects(put('x', made.version), 'DHT_CONFLICT', 'an old version expected')
      await rejects(
        () => node.delete(name, { level, expectedVersion: made.version }),
        'DHT_CONFLICT',
        'delete of an old version',
      )
      const found = await node.get(name, { level })
      sameBytes(found?.value, bytesOf('2'), 'what was refused left nothing')
      sameData(found?.version, second.version, 'version after refusals')
      await node.delete(name, { level, expectedVersion: second.version })
      const revived = await node.put(name, bytesOf('3'), { level, expectedVersion: null })
      same(revived.outcome, 'acknowledged', 'a tombstone counts as absent')
    })

  api.it('a condition on what another node wrote is decided by the quorum', async () => {
    const net = await network()
    const name = key('cas-other')
    const made = await nodeOf(net, 0).put(name, bytesOf('1'), AT_QUORUM)
    const other = nodeOf(net, 1)
    await rejects(
      () => other.put(name, bytesOf('x'), { ...AT_QUORUM, expectedVersion: null }),
      'DHT_CONFLICT',
      'absent expected on another node',
    )
    await other.put(name, bytesOf('2'), { ...AT_QUORUM, expectedVersion: made.version })
    sameBytes(
      (await nodeOf(net, 0).get(name, AT_QUORUM))?.value,
      bytesOf('2'),
      'read on the first node',
    )
  })

  api.it('of concurrent compare-and-sets exactly one wins', async () => {
    const net = await network()
    const name = key('cas-race')
    const attempts = await Promise.allSettled(
      Array.from({ length: Math.max(4, net.nodes.length) }, (_, i) =>
        nodeOf(net, i).put(name, bytesOf(`attempt ${i}`), {
          ...AT_QUORUM,
          expectedVersion: null,
          timeoutMs: 10_000,
        }),
      ),
    )
    const winners = attempts.flatMap((one, i) => (one.status === 'fulfilled' ? [i] : []))
    same(winners.length, 1, 'number of winners')
    for (const one of attempts)
      if (one.status === 'rejected')
        await rejects(() => Promise.reject(one.reason as Error), 'DHT_CONFLICT', 'a loser')
    await net.settle()
    for (const node of net.nodes)
      sameBytes(
        (await node.get(name, AT_QUORUM))?.value,
        bytesOf(`attempt ${winners[0]}`),
        'value of the winner',
      )
  })

  api.it('a counter kept by compare-and-set loses no increment', async () => {
    const net = await network()
    const name = key('counter')
    await nodeOf(net, 0).put(name, new Uint8Array([0]), AT_QUORUM)
    const increment = async (index: number): Promise<void> => {
      const node = nodeOf(net, index)
      for (let tries = 0; tries < 200; tries++) {
        const found = await node.get(name, AT_QUORUM)
        const next = new Uint8Array([(found?.value[0] ?? 0) + 1])
        const expectedVersion = found?.version ?? null
        const isDone = await node
          .put(name, next, { ...AT_QUORUM, expectedVersion, timeoutMs: 10_000 })
          .then(
            ({ outcome }) => outcome === 'acknowledged',
            (error: unknown) =>
              rejects(() => Promise.reject(error), 'DHT_CONFLICT', 'a try').then(() => false),
          )
        if (isDone) return
      }
      throw new Error('contract broken: 200 compare-and-sets in a row conflicted')
    }
    await Promise.all(Array.from({ length: 6 }, (_, i) => increment(i)))
    same(
      (await nodeOf(net, 0).get(name, AT_QUORUM))?.value[0],
      6,
      'the counter after six increments',
    )
  })
}

/** What receipts state, and what `opId` and `expectedVersion` promise. */
export const receiptTests = (suite: Suite): void => {
  receipts(suite)
  retries(suite)
  conditions(suite)
}
