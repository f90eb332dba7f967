import { quorumOf, type Unsubscribe } from '@bzzz/base'
import type { Neighbours } from './neighbours.js'

/** Which other nodes of an embedded network are there, as one node sees them. */
export interface MockReach {
  /** True while the connected nodes make a quorum of all, this one included. */
  readonly hasQuorum: boolean
  /** True while the connected replicas of this key make a quorum of them. */
  canReach(key: string): boolean
  /** Calls back when a node's state changed. */
  onChange(listener: () => void): Unsubscribe
}

/** A lone node is its own quorum. */
const ALONE: MockReach = { hasQuorum: true, canReach: () => true, onChange: () => () => {} }

export const reachOf = (self: string, neighbours: Neighbours | undefined): MockReach => {
  if (neighbours === undefined) return ALONE
  const isThere = (peerId: string): boolean =>
    peerId === self || neighbours.stateOf(peerId) === 'connected'
  const isQuorum = (peerIds: readonly string[]): boolean =>
    peerIds.filter(isThere).length >= quorumOf(peerIds.length)
  return {
    get hasQuorum() {
      return isQuorum([self, ...neighbours.others()])
    },
    canReach: (key) => isQuorum(neighbours.replicasOf(key)),
    onChange: (listener) => neighbours.onPeerChange(listener),
  }
}
