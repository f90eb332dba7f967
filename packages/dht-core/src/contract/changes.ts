import { compareVersions, type Version } from '@bzzz/base'
import { ok, present, same, sameBytes, sameData } from '@bzzz/base/check'
import type { DHT, DHTChange, WriteReceipt } from '../dht.js'
import { AT_QUORUM, bytesOf, nodeOf, type Suite } from './suite.js'

const record = (
  node: DHT,
  key: string,
): { readonly seen: DHTChange[]; readonly stop: () => void } => {
  const seen: DHTChange[] = []
  const stop = node.onChange((change) => {
    if (change.key === key) seen.push(change)
  })
  return { seen, stop }
}

const listeners = ({ api, network, key }: Suite): void => {
  api.it('changes are told in order, once each, on the node that wrote', async () => {
    const net = await network()
    const name = key('changes')
    const node = nodeOf(net, 0)
    const { seen, stop } = record(node, name)
    const written: DHTChange[] = []
    for (let round = 0; round < 10; round++) {
      const { version } = await node.put(name, bytesOf(`${round}`))
      written.push({ key: name, version, deleted: false })
    }
    written.push({ key: name, version: (await node.delete(name)).version, deleted: true })
    await net.settle()
    stop()
    stop()
    sameData(seen, written, 'changes')
    await node.put(name, bytesOf('unheard'))
    same(seen.length, written.length, 'changes after unsubscribing')
  })

  api.it(
    'what arrives from other nodes is told as well, never backwards, never twice',
    async () => {
      const net = await network()
      const name = key('arrivals')
      const records = net.nodes.map((node) => record(node, name))
      for (let round = 0; round < 6; round++)
        await nodeOf(net, round).put(name, bytesOf(`${round}`), AT_QUORUM)
      await net.settle()
      const final = await nodeOf(net, 0).get(name, AT_QUORUM)
      const replicas = new Set(
        (await nodeOf(net, 0).closestPeers(name)).map(({ peerId }) => peerId),
      )
      for (const [i, { seen, stop }] of records.entries()) {
        stop()
        for (const [at, change] of seen.entries()) {
          const before = seen[at - 1]
          if (before !== undefined)
            ok(compareVersions(before.version, change.version) < 0, 'versions must rise')
        }
        if (replicas.has(nodeOf(net, i).peerId))
          sameData(seen.at(-1)?.version, final?.version, 'the last change of a replica')
      }
    },
  )

  api.it('a listener that throws harms neither the write nor other listeners', async () => {
    const net = await network()
    const name = key('throwing')
    const node = nodeOf(net, 0)
    const stopThrowing = node.onChange(() => {
      throw new Error('a listener that throws')
    })
    const { seen, stop } = record(node, name)
    same((await node.put(name, bytesOf('x'))).outcome, 'acknowledged', 'outcome')
    await net.settle()
    stopThrowing()
    stop()
    same(seen.length, 1, 'changes that the other listener saw')
  })
}

const newest = (receipts: readonly WriteReceipt[]): Version => {
  const versions = receipts.map(({ version }) => version).toSorted(compareVersions)
  const last = versions.at(-1)
  present(last, 'at least one receipt')
  return last
}

const concurrency = ({ api, network, key }: Suite): void => {
  for (const level of ['local', 'quorum'] as const)
    api.it(`100 parallel writes of one key at ${level} converge on the newest`, async () => {
      const net = await network()
      const name = key('parallel')
      const receipts = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          nodeOf(net, i).put(name, bytesOf(`${i}`), { level, timeoutMs: 20_000 }),
        ),
      )
      const texts = new Set(receipts.map(({ version }) => JSON.stringify(version)))
      same(texts.size, 100, 'every write has a version of its own')
      await net.settle()
      const winner = newest(receipts)
      const index = receipts.findIndex(({ version }) => compareVersions(version, winner) === 0)
      const replicas = new Set((await nodeOf(net, 0).closestPeers(name)).map((one) => one.peerId))
      for (const node of net.nodes)
        for (const readLevel of ['local', 'quorum'] as const) {
          // A copy that a node keeps of its own write, without being a replica, may be older.
          if (readLevel === 'local' && !replicas.has(node.peerId)) continue
          const found = await node.get(name, { level: readLevel })
          sameData(found?.version, winner, `version at ${readLevel}`)
          sameBytes(found?.value, bytesOf(`${index}`), `value at ${readLevel}`)
        }
    })

  api.it('200 keys written in parallel are all there', async () => {
    const net = await network()
    const prefix = key('many')
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        nodeOf(net, i).put(`${prefix}/${i}`, bytesOf(`${i}`), { ...AT_QUORUM, timeoutMs: 20_000 }),
      ),
    )
    const found = await Promise.all(
      Array.from({ length: 200 }, (_, i) => nodeOf(net, i + 1).get(`${prefix}/${i}`, AT_QUORUM)),
    )
    for (const [i, one] of found.entries()) sameBytes(one?.value, bytesOf(`${i}`), `value ${i}`)
  })
}

const peers = ({ api, network, key }: Suite): void => {
  api.it('the replicas of a key are the same seen from every node', async () => {
    const net = await network()
    const name = key('replicas')
    const { replicas } = await nodeOf(net, 0).put(name, bytesOf('x'), AT_QUORUM)
    const sets = await Promise.all(
      net.nodes.map(async (node) => {
        const infos = await node.closestPeers(name)
        for (const info of infos) {
          same(info.isSelf, info.peerId === node.peerId, 'isSelf')
          if (info.isSelf) same(info.state, 'connected', 'a node sees itself connected')
        }
        return infos.map(({ peerId }) => peerId)
      }),
    )
    for (const set of sets) {
      same(set.length, replicas, 'number of replicas')
      sameData(set, sets[0], 'replicas, closest first')
    }
  })
}

/** Listeners, concurrency and placement. */
export const changeTests = (suite: Suite): void => {
  listeners(suite)
  concurrency(suite)
  peers(suite)
}
