import { present, rejects, same, sameBytes } from '@bzzz/base/check'
import { AT_QUORUM, bytesOf, nodeOf, type DhtNetwork, type Suite } from './suite.js'

const worksWithout = async (net: DhtNetwork, key: string): Promise<void> => {
  const options = { ...AT_QUORUM, timeoutMs: 10_000 }
  const written = await nodeOf(net, 0).put(key, bytesOf('with two'), options)
  same(written.outcome, 'acknowledged', 'a quorum write with one node of three gone')
  const found = await nodeOf(net, 1).get(key, options)
  sameBytes(found?.value, bytesOf('with two'), 'a quorum read with one node of three gone')
}

const isolation = ({ api, fresh, key }: Suite): void => {
  api.it('a node that is cut off neither acknowledges nor guesses, and catches up', async () => {
    await fresh(3, async (net) => {
      present(net.isolate, 'supports.partition needs isolate()')
      present(net.heal, 'supports.partition needs heal()')
      const name = key('cut')
      const node = nodeOf(net, 2)
      await nodeOf(net, 0).put(name, bytesOf('before'), { level: 'all' })
      await net.isolate(2)
      const options = { ...AT_QUORUM, timeoutMs: 300 }
      await rejects(() => node.get(name, options), 'DHT_UNAVAILABLE', 'quorum read when cut off')
      const known = await node.get(name, { level: 'local' })
      sameBytes(known?.value, bytesOf('before'), 'local read when cut off')
      const alone = await node.put(`${name}/alone`, bytesOf('alone'), options)
      same(alone.outcome, 'pending', 'quorum write when cut off')
      await worksWithout(net, name)
      await net.heal()
      await net.settle()
      for (const other of net.nodes) {
        const read = await other.get(`${name}/alone`, AT_QUORUM)
        sameBytes(read?.value, bytesOf('alone'), 'the pending write after healing')
        const caughtUp = await other.get(name, { level: 'local' })
        sameBytes(caughtUp?.value, bytesOf('with two'), 'what was missed, after healing')
      }
    })
  })
}

const answeringAlone = ({ api, fresh, key }: Suite): void => {
  api.it(
    'a node that is cut off answers what it can, says so, and loses nothing of it',
    async () => {
      await fresh(3, async (net) => {
        present(net.isolate, 'supports.answersAlone needs isolate()')
        present(net.heal, 'supports.answersAlone needs heal()')
        const name = key('alone')
        const node = nodeOf(net, 2)
        await nodeOf(net, 0).put(name, bytesOf('before'), { level: 'all' })
        await net.settle()
        await net.isolate(2)
        sameBytes((await node.get(name))?.value, bytesOf('before'), 'what the node holds')
        const written = await node.put(name, bytesOf('alone'))
        same(written.outcome, 'acknowledged', 'a write that names no level')
        same(written.level, 'local', 'the level in its receipt')
        sameBytes((await node.get(name))?.value, bytesOf('alone'), 'its own write')
        same((await node.delete(`${name}/gone`)).level, 'local', 'the level of a delete')
        const absent = `${name}/absent`
        await rejects(() => node.get(absent), 'DHT_UNAVAILABLE', 'what the node does not hold')
        same(await node.get(absent, { allowStale: true }), undefined, 'the same, taken as it is')
        await net.heal()
        await net.settle()
        for (const other of net.nodes) {
          const found = await other.get(name, AT_QUORUM)
          sameBytes(found?.value, bytesOf('alone'), 'the write after healing')
          same(found?.version.writer, node.peerId, 'its writer')
        }
      })
    },
  )
}

/** What holds while nodes are missing. */
export const faultTests = (suite: Suite): void => {
  const { api, options, fresh, key } = suite
  api.it('one node of three stopped: the others go on at quorum', async () => {
    await fresh(3, async (net) => {
      await nodeOf(net, 2).stop()
      await worksWithout(net, key('stopped'))
    })
  })
  if (options.supports?.crash === true)
    api.it('one node of three crashed: the others go on at quorum', async () => {
      await fresh(3, async (net) => {
        present(net.crash, 'supports.crash needs crash()')
        await net.crash(2)
        await worksWithout(net, key('crashed'))
      })
    })
  if (options.supports?.partition === true) isolation(suite)
  if (options.supports?.answersAlone === true) answeringAlone(suite)
}
