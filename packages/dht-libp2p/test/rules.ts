import type { PeerTransport } from '@bzzz/base'
import { decodeLeaf } from '../src/wire/record-codec.js'
import { decodeReply, encodeReply, type Reply, type WriteResult } from '../src/wire/reply.js'
import { decodeRequest, encodeRequest, type Request } from '../src/wire/request.js'
import { viewOf } from '../src/view.js'

/** Rules of replication that a simulation can do without, to show that each of them is needed. */
export type Rule =
  | 'the view of an operation is checked'
  | 'older stamps are refused'
  | 'a joining replica does not count'
  | 'the newest is written back before it is returned'
  | 'a stamp that was held is not given up'

const mapResults = (reply: Reply, map: (result: WriteResult) => WriteResult): Reply =>
  reply.kind === 'write' ? { ...reply, results: reply.results.map(map) } : reply

const withoutRefusal = (result: WriteResult): WriteResult =>
  result.outcome === 'newer' ? { outcome: 'stored' } : result

const withoutMemory = (result: WriteResult): WriteResult =>
  result.outcome === 'newer' ? { ...result, held: 'never' } : result

const brokenReply = (rule: Rule, reply: Reply): Reply => {
  if (rule === 'older stamps are refused') return mapResults(reply, withoutRefusal)
  if (rule === 'a stamp that was held is not given up') return mapResults(reply, withoutMemory)
  if (rule === 'a joining replica does not count' && 'isCounted' in reply)
    return { ...reply, isCounted: true }
  return reply
}

const brokenRequest = (rule: Rule, request: Request, members: readonly string[]): Request => {
  if (rule !== 'the view of an operation is checked' || !('view' in request)) return request
  const known = members.map((id) => ({ id, storeId: '', sinceMs: 0, addresses: [] }))
  return { ...request, view: viewOf(known).hash }
}

/** True when the message carries records of others only: a write-back, or an offer. */
const isRelay = (request: Request, self: string): boolean =>
  request.kind === 'write' &&
  request.records.every(({ leaf }) => decodeLeaf(leaf).version.writer !== self)

/** The transport of a node that breaks a rule; `members` are those that the node knows. */
export const breakingTransport = (
  rule: Rule,
  transport: PeerTransport,
  members: () => readonly string[],
): PeerTransport => ({
  peerId: transport.peerId,
  peers: () => transport.peers(),
  onPeerChange: (listener) => transport.onPeerChange(listener),
  request: (peerId, protocol, payload, options) => {
    const request = decodeRequest(payload)
    const isSkipped =
      rule === 'the newest is written back before it is returned' &&
      isRelay(request, transport.peerId)
    if (!isSkipped || request.kind !== 'write')
      return transport.request(peerId, protocol, payload, options)
    const results = request.records.map(() => ({ outcome: 'stored' as const }))
    return Promise.resolve(
      encodeReply({ kind: 'write', isCounted: true, isDurable: true, results }),
    )
  },
  handle: (protocol, handler) =>
    transport.handle(protocol, async (payload, from) => {
      const request = brokenRequest(rule, decodeRequest(payload), members())
      const reply = decodeReply(await handler(encodeRequest(request), from))
      return encodeReply(brokenReply(rule, reply))
    }),
})
