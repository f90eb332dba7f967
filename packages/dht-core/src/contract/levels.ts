import { quorumOf, type Level } from '@bzzz/base'
import { ok, rejects, same, sameBytes } from '@bzzz/base/check'
import { AT_QUORUM, bytesOf, nodeOf, type Suite } from './suite.js'

const badLevels = [0, -1, 1.5, Number.NaN, 'most'] as unknown as readonly Level[]

const quorum = ({ api, count, network, key }: Suite): void => {
  api.it('a quorum write is seen at once by a quorum read on any node', async () => {
    const net = await network()
    for (let writer = 0; writer < count; writer++) {
      const name = key('quorum')
      const written = await nodeOf(net, writer).put(name, bytesOf(`by ${writer}`), AT_QUORUM)
      same(written.outcome, 'acknowledged', 'outcome of a quorum write')
      ok(written.heldBy.length >= quorumOf(written.replicas), 'a quorum must hold the write')
      for (const reader of net.nodes) {
        const found = await reader.get(name, AT_QUORUM)
        sameBytes(found?.value, bytesOf(`by ${writer}`), 'value read at once')
        same(found?.version.wallMs, written.version.wallMs, 'version read at once')
      }
    }
  })

  api.it('of two quorum writes, one after the other by any nodes, the later is read', async () => {
    const net = await network()
    const name = key('later')
    for (let round = 0; round < 3 * count; round++) {
      await nodeOf(net, round).put(name, bytesOf(`round ${round}`), AT_QUORUM)
      const found = await nodeOf(net, round * 2 + 1).get(name, AT_QUORUM)
      sameBytes(found?.value, bytesOf(`round ${round}`), 'the value of the later write')
    }
  })
}

const local = ({ api, count, network, key }: Suite): void => {
  api.it(
    'a local write is seen at once by its node, and by the others after settling',
    async () => {
      const net = await network()
      for (let writer = 0; writer < count; writer++) {
        const name = key('local')
        const node = nodeOf(net, writer)
        const written = await node.put(name, bytesOf('mine'), { level: 'local' })
        same(written.outcome, 'acknowledged', 'outcome of a local write')
        ok(written.heldBy.includes(node.peerId), 'the own node must hold a local write')
        sameBytes((await node.get(name, { level: 'local' }))?.value, bytesOf('mine'), 'own read')
        await net.settle()
        for (const reader of net.nodes) {
          const found = await reader.get(name, { level: 'local' })
          sameBytes(found?.value, bytesOf('mine'), 'local read on another node after settling')
        }
      }
    },
  )
}

const all = ({ api, network, key }: Suite): void => {
  api.it('a write at level all is on every replica', async () => {
    const net = await network()
    const name = key('all')
    const written = await nodeOf(net, 0).put(name, bytesOf('all'), { level: 'all' })
    same(written.outcome, 'acknowledged', 'outcome of a write at level all')
    ok(written.heldBy.length >= written.replicas, 'every replica must hold the write')
    for (const reader of net.nodes) {
      sameBytes((await reader.get(name, { level: 'local' }))?.value, bytesOf('all'), 'local read')
      sameBytes((await reader.get(name, { level: 'all' }))?.value, bytesOf('all'), 'read at all')
    }
  })
}

const numbers = ({ api, network, key }: Suite): void => {
  api.it('a level as a number is that many replicas', async () => {
    const net = await network()
    const name = key('number')
    const { replicas } = await nodeOf(net, 0).put(name, bytesOf('0'), AT_QUORUM)
    for (let level = 1; level <= replicas; level++) {
      const written = await nodeOf(net, level).put(name, bytesOf(`${level}`), { level })
      same(written.outcome, 'acknowledged', `outcome at level ${level}`)
      same(written.level, level, 'the level in the receipt')
      ok(written.heldBy.length >= level, `${level} replicas must hold the write`)
    }
    const found = await nodeOf(net, 0).get(name, { level: replicas })
    sameBytes(found?.value, bytesOf(`${replicas}`), 'read at the number of replicas')
  })

  api.it('more replicas than there are leave a write pending, kept and readable', async () => {
    const net = await network()
    const name = key('pending')
    const node = nodeOf(net, 0)
    const written = await node.put(name, bytesOf('kept'), { level: 50, timeoutMs: 100 })
    same(written.outcome, 'pending', 'outcome of a write that asks for 50 replicas')
    same(written.level, 50, 'the level asked for is never lowered in silence')
    ok(written.heldBy.length < 50, 'heldBy names only peers that hold the write')
    sameBytes((await node.get(name, { level: 'local' }))?.value, bytesOf('kept'), 'own read')
    await net.settle()
    for (const reader of net.nodes)
      sameBytes((await reader.get(name, AT_QUORUM))?.value, bytesOf('kept'), 'read after settling')
  })

  api.it('more replicas than there are make a read unavailable, not a miss', async () => {
    const net = await network()
    const read = { level: 50, timeoutMs: 100 }
    await rejects(() => nodeOf(net, 0).get(key('absent'), read), 'DHT_UNAVAILABLE', 'read at 50')
  })

  api.it('a level that is none is refused, with no effect', async () => {
    const net = await network()
    const name = key('bad-level')
    const node = nodeOf(net, 0)
    for (const level of badLevels) {
      await rejects(() => node.put(name, bytesOf('x'), { level }), 'INVALID_ARGUMENT', 'put')
      await rejects(() => node.delete(name, { level }), 'INVALID_ARGUMENT', 'delete')
      await rejects(() => node.get(name, { level }), 'INVALID_ARGUMENT', 'get')
    }
    same(await node.get(name), undefined, 'what was refused left nothing')
  })
}

/** What `level` promises. */
export const levelTests = (suite: Suite): void => {
  quorum(suite)
  local(suite)
  all(suite)
  numbers(suite)
}
