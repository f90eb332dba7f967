import { newOperationId, seededRandom } from '@bzzz/base'
import { ok, rejects, same, sameData } from '@bzzz/base/check'
import { DHT_CONTRACT, dhtPort } from '../dht-port.js'
import type { DHT } from '../dht.js'
import { AT_QUORUM, bytesOf, nodeOf, type Suite } from './suite.js'

type Ops = typeof dhtPort.ops
type AsyncOp = { [K in keyof Ops]: Ops[K]['kind'] extends 'read' | 'write' ? K : never }[keyof Ops]

interface Call {
  readonly key: string
  readonly signal?: AbortSignal | undefined
}

/** One call of every method; a method that is added to the port does not compile without one. */
const calls: { readonly [K in AsyncOp]: (node: DHT, call: Call) => Promise<unknown> } = {
  get: (node, { key, signal }) => node.get(key, { signal }),
  put: (node, { key, signal }) => node.put(key, bytesOf('trait'), { signal }),
  delete: (node, { key, signal }) => node.delete(key, { signal }),
  closestPeers: (node, { key, signal }) => node.closestPeers(key, { signal }),
  apply: (node, { key, signal }) =>
    node.apply(
      {
        key,
        value: bytesOf('trait'),
        deleted: false,
        version: { wallMs: 1, counter: 0, writer: node.peerId },
        opId: newOperationId(seededRandom(1)),
      },
      { signal },
    ),
}

const opNames = Object.keys(calls) as AsyncOp[]

const lifecycle = ({ api, options, count, fresh, key }: Suite): void => {
  api.it('every method rejects with NOT_STARTED before start and after stop', async () => {
    const node = await options.createNode()
    for (const name of opNames)
      await rejects(() => calls[name](node, { key: key(name) }), 'NOT_STARTED', `${name} before`)
    await node.start()
    await node.start()
    for (const name of opNames) await calls[name](node, { key: key(name) })
    await node.stop()
    await node.stop()
    for (const name of opNames)
      await rejects(() => calls[name](node, { key: key(name) }), 'NOT_STARTED', `${name} after`)
    await rejects(() => node.start(), 'NOT_STARTED', 'a second life')
  })

  api.it('a node that never started can be stopped', async () => {
    const node = await options.createNode()
    await node.stop()
    await rejects(() => node.start(), 'NOT_STARTED', 'start after stop')
  })

  api.it('an aborted start leaves a node that can be started', async () => {
    const node = await options.createNode()
    await rejects(() => node.start({ signal: AbortSignal.abort() }), 'ABORTED', 'aborted start')
    await rejects(() => node.get(key('x')), 'NOT_STARTED', 'get after an aborted start')
    await node.start()
    same((await node.put(key('y'), bytesOf('y'))).outcome, 'acknowledged', 'put')
    await node.stop()
  })

  api.it('stopping settles the calls in flight', async () => {
    await fresh(count, async (net) => {
      const node = nodeOf(net, 0)
      const inFlight = opNames.map((name) => calls[name](node, { key: key(name) }))
      await node.stop()
      const outcomes = await Promise.allSettled(inFlight)
      same(outcomes.length, opNames.length, 'calls settled')
    })
  })
}

const aborts = ({ api, network, key }: Suite): void => {
  for (const name of opNames)
    api.it(`${name} aborted before the call rejects with ABORTED, and has no effect`, async () => {
      const net = await network()
      const node = nodeOf(net, 0)
      const target = key(`abort-${name}`)
      const changes: string[] = []
      const stop = node.onChange((change) => changes.push(change.key))
      const call = { key: target, signal: AbortSignal.abort() }
      await rejects(() => calls[name](node, call), 'ABORTED', name)
      await net.settle()
      stop()
      ok(!changes.includes(target), 'nothing changed')
      for (const other of net.nodes)
        same(await other.get(target, AT_QUORUM), undefined, 'nothing was written')
    })

  api.it('a local read aborted before the call rejects with ABORTED as well', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const name = key('abort-local')
    await node.put(name, bytesOf('x'))
    const options = { level: 'local', signal: AbortSignal.abort() } as const
    await rejects(() => node.get(name, options), 'ABORTED', 'local get')
  })

  api.it(
    'an abort during a call settles it, and a signal that never fires changes nothing',
    async () => {
      const net = await network()
      const controller = new AbortController()
      const read = nodeOf(net, 0).get(key('mid'), { signal: controller.signal })
      controller.abort()
      const outcome = await read.then(
        () => 'answered',
        (error: unknown) =>
          rejects(() => Promise.reject(error), 'ABORTED', 'get').then(() => 'aborted'),
      )
      ok(outcome === 'answered' || outcome === 'aborted', 'either is fine')
      const { signal } = new AbortController()
      same(
        (await nodeOf(net, 0).put(key('live'), bytesOf('x'), { signal })).outcome,
        'acknowledged',
        'put',
      )
    },
  )
}

const reads = ({ api, network, key }: Suite): void => {
  for (const name of opNames.filter((op) => dhtPort.ops[op].kind === 'read'))
    api.it(`${name} changes no state`, async () => {
      const net = await network()
      const target = key(`read-${name}`)
      await nodeOf(net, 0).put(target, bytesOf('x'), { level: 'all' })
      await net.settle()
      const digests = (): Promise<string[]> =>
        Promise.all(net.nodes.map((_, node) => net.digest?.(node) ?? Promise.resolve('')))
      const before = await digests()
      const changes: string[] = []
      const stops = net.nodes.map((node) => node.onChange((change) => changes.push(change.key)))
      for (const node of net.nodes)
        for (const wanted of [target, key('absent')]) await calls[name](node, { key: wanted })
      await net.settle()
      for (const stop of stops) stop()
      sameData(await digests(), before, 'digest of every node')
      sameData(changes, [], 'changes')
    })
}

/** What holds for every method, from the op table. */
export const traitTests = (suite: Suite): void => {
  const { api, network } = suite
  api.it('every node states the contract and an id of its own', async () => {
    const { nodes } = await network()
    for (const node of nodes) same(node.contract, DHT_CONTRACT, 'contract')
    same(new Set(nodes.map((node) => node.peerId)).size, nodes.length, 'distinct ids')
    ok(
      nodes.every((node) => node.peerId.length > 0),
      'ids are not empty',
    )
  })
  lifecycle(suite)
  aborts(suite)
  reads(suite)
}
