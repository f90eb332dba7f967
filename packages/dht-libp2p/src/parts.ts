import { DEFAULT_MAX_SKEW_MS, Deadlines } from '@bzzz/base'
import type { Store } from '@bzzz/store'
import { Attester } from './attester.js'
import { CatchUp } from './catch-up.js'
import { Client } from './client.js'
import { Confirming } from './confirming.js'
import { Copying } from './copying.js'
import { Conditional } from './conditional.js'
import { Joining } from './joining.js'
import { Lanes } from './lanes.js'
import { LOCKS_MAX, SUPERSEDED_MAX } from './limits.js'
import { Locks } from './locks.js'
import { Membership } from './membership.js'
import type { Resolved } from './options.js'
import { PeerStates } from './peer-states.js'
import { Reach } from './reach.js'
import type { ReadOp } from './read-op.js'
import { Reads } from './reads.js'
import { Replica } from './replica.js'
import { Superseded } from './superseded.js'
import { Upkeep } from './upkeep.js'
import { Writes } from './writes.js'

/** What a node is made of. */
export interface Parts {
  readonly self: string
  readonly store: Store
  readonly attester: Attester
  readonly superseded: Superseded
  readonly locks: Locks
  readonly membership: Membership
  readonly replica: Replica
  readonly states: PeerStates
  readonly client: Client
  readonly reach: Reach
  readonly confirming: Confirming
  readonly copying: Copying
  readonly deadlines: Deadlines
  readonly reads: Reads
  readonly writes: Writes
  readonly conditional: Conditional
  readonly joining: Joining
  readonly upkeep: Upkeep
}

/** Wires the parts of one node; nothing runs yet. */
export const createParts = (options: Resolved): Parts => {
  const { transport, store, signer, clock, random, replicas } = options
  const self = transport.peerId
  const attester = new Attester(signer)
  const superseded = new Superseded(SUPERSEDED_MAX)
  const locks = new Locks(clock, LOCKS_MAX, (key) => store.head(key)?.version)
  const deadlines = new Deadlines(clock)
  const states = new PeerStates(transport)
  const client = new Client({
    transport,
    attester,
    tryMs: options.tryMs,
    viewHash: () => membership.view.hash,
  })
  const membership: Membership = new Membership({
    transport,
    client,
    clock,
    storage: options.viewStorage,
    contacts: options.contacts,
    admit: options.admit,
    mustJoin: options.mustJoin,
    replicas,
    onChange: ({ isNewView, hasSettled }) => {
      if (hasSettled) superseded.forgetUntil(clock.nowMs() + DEFAULT_MAX_SKEW_MS)
      if (isNewView) upkeep.greet()
      writes.viewChanged()
      reads.viewChanged()
      reach.changed()
      joining.wake()
    },
  })
  const onExchange = (peer: string): void => {
    writes.peerReturned(peer)
    reads.peerReturned(peer)
  }
  const replica = new Replica({ self, store, membership, attester, locks, superseded, onExchange })
  const reads: Reads = new Reads({
    self,
    store,
    client,
    membership,
    states,
    deadlines,
    attester,
    replica,
    lanes: (resend) => new Lanes<ReadOp>({ clock, random, resend }),
  })
  const writes: Writes = new Writes({
    self,
    store,
    client,
    membership,
    states,
    deadlines,
    superseded,
    locks,
    clock,
    random,
    pumpsDirty: options.pumpsDirty,
    onError: options.onError,
  })
  const catchUp = new CatchUp({ store, client, attester, replica })
  const joining: Joining = new Joining({
    self,
    membership,
    catchUp,
    states,
    clock,
    random,
    replicas,
  })
  const shared = { self, store, client, membership, clock, random }
  const conditional = new Conditional({ ...shared, reads, locks })
  const { compareEveryMs } = options
  const upkeep: Upkeep = new Upkeep({ ...shared, catchUp, states, writes, compareEveryMs })
  const { onListenerError } = options
  const reach: Reach = new Reach({ self, store, membership, states, onListenerError })
  const confirming = new Confirming({ ...shared, states, catchUp })
  const copying = new Copying({ self, membership, states, catchUp, clock })
  return {
    self,
    store,
    attester,
    superseded,
    locks,
    membership,
    replica,
    states,
    client,
    reach,
    confirming,
    copying,
    deadlines,
    reads,
    writes,
    conditional,
    joining,
    upkeep,
  }
}
