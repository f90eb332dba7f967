import {
  baseError,
  ByteReader,
  ByteWriter,
  equalBytes,
  type Clock,
  type PeerTransport,
} from '@bzzz/base'
import { publicKeyOf } from '@bzzz/crypto'
import { MEMBERS_MAX, PENDING_VIEWS_MAX } from './limits.js'
import { Placement } from './placement.js'
import { addPending, mergeViews, viewOf, type Member, type PendingView, type View } from './view.js'
import type { ViewStorage } from './view-storage.js'
import type { Reply } from './wire/reply.js'
import type { Request } from './wire/request.js'
import { readViewState, writeViewState, type ViewState } from './wire/view-codec.js'
import type { Client } from './client.js'

/** How the host learns where members listen. */
export interface Contacts {
  /** Addresses on which this node listens. */
  own(): readonly string[]
  /** Tells the addresses of a member, so that it can be dialled. */
  learnt(peerId: string, addresses: readonly string[]): void
}

export interface MembershipChange {
  readonly isNewView: boolean
  /** This node caught up: its answers count from now on. */
  readonly hasSettled: boolean
}

export interface MembershipOptions {
  readonly transport: PeerTransport
  readonly client: Client
  readonly clock: Clock
  readonly storage: ViewStorage
  readonly contacts: Contacts | undefined
  /** Whether a peer may be a member. */
  readonly admit: (peerId: string) => boolean
  readonly replicas: number
  /** This node is meant to join others: alone it is no mesh of its own. */
  readonly mustJoin: () => boolean
  /** The view or the pending views changed. */
  readonly onChange: (change: MembershipChange) => void
}

const FORMAT = 1

const NOBODY: View = viewOf([])

/**
 * Which nodes there are. A node that never met another is alone, and its quorum is itself. The
 * view grows by contact and by exchange, and never shrinks by silence: whoever is cut off from
 * members that it knows does not take itself for all of them.
 */
export class Membership {
  readonly #options: MembershipOptions
  #storeId = ''
  #view: View = NOBODY
  #pending: readonly PendingView[] = []
  #placement: Placement
  #adopting: Promise<void> = Promise.resolve()
  readonly #exchanges = new Map<string, Promise<ViewState>>()

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#placement = new Placement([], options.replicas)
  }

  get view(): View {
    return this.#view
  }

  get placement(): Placement {
    return this.#placement
  }

  /** Replicas of each key, as far as there are members. */
  get replicas(): number {
    return this.#options.replicas
  }

  get pending(): readonly PendingView[] {
    return this.#pending
  }

  /** False while this node may lack records that quorums hold: its answers do not count until then. */
  get isCounted(): boolean {
    return this.#pending.length === 0 && !(this.#isAlone && this.#options.mustJoin())
  }

  get #isAlone(): boolean {
    return this.#view.members.size === 1
  }

  /** Reads the view that was kept, or begins with this node alone. */
  async load(storeId: string): Promise<void> {
    const { transport, storage, clock } = this.#options
    this.#storeId = storeId
    const self: Member = { id: transport.peerId, storeId, sinceMs: clock.nowMs(), addresses: [] }
    const bytes = await storage.load()
    if (bytes === undefined) {
      await this.#become(viewOf([self]), [])
      return
    }
    const reader = new ByteReader(bytes)
    if (reader.u8() !== FORMAT)
      throw baseError('BYTES_INVALID', 'the membership file has a format that is unknown here')
    const state = readViewState(reader)
    const kept = viewOf(state.members)
    const isSameStore = kept.members.get(self.id)?.storeId === storeId
    if (isSameStore) {
      this.#view = kept
      this.#pending = state.pending
      this.#placement = new Placement(kept.members.keys(), this.#options.replicas)
      return
    }
    // The store is another one than when the view was kept: this node lost what it held.
    const lost: PendingView = { ids: [...kept.members.keys()], isLost: true }
    const isAlone = kept.members.size === 1
    await this.#become(mergeViews(kept, [self]), isAlone ? [] : addPending(state.pending, [lost]))
  }

  state(): ViewState {
    return {
      members: [...this.#view.members.values()].map(this.#withAddresses),
      pending: this.#pending,
    }
  }

  /** Learns a peer's view, and answers with the one that this node had before. */
  async serve(request: Extract<Request, { kind: 'exchange' }>): Promise<Reply> {
    let prior: ViewState = { members: [], pending: [] }
    await this.#adopt(request.state, () => {
      prior = { members: [...this.#view.members.values()], pending: [] }
    })
    return { kind: 'exchange', prior, state: this.state() }
  }

  /** Tells a peer this node's view and learns the peer's; resolves when both have the union. */
  exchange(peer: string): Promise<ViewState> {
    const running = this.#exchanges.get(peer)
    if (running !== undefined) return running
    const exchange = this.#exchange(peer).finally(() => {
      this.#exchanges.delete(peer)
    })
    this.#exchanges.set(peer, exchange)
    return exchange
  }

  async #exchange(peer: string): Promise<ViewState> {
    const told = this.state()
    const reply = await this.#options.client.call(
      peer,
      { kind: 'exchange', state: told },
      'exchange',
    )
    if (reply.kind === 'view-differs') throw baseError('BYTES_INVALID', 'not an answer to a view')
    await this.#adopt({ members: reply.prior.members, pending: reply.state.pending })
    return reply.state
  }

  /** Nothing is pending any more: this node holds what every quorum of the past holds. */
  async covered(pending: readonly PendingView[]): Promise<void> {
    await this.#serially(async () => {
      // A view that was learnt in between is still to be covered.
      if (this.#pending !== pending) return
      await this.#become(this.#view, [])
    })
  }

  #withAddresses = (member: Member): Member =>
    member.id === this.#options.transport.peerId
      ? { ...member, addresses: this.#options.contacts?.own().slice(0, 4) ?? [] }
      : member

  /** Resolves when no change of the view is on its way to the storage. */
  async idle(): Promise<void> {
    for (let last; last !== this.#adopting;) {
      last = this.#adopting
      await last
    }
  }

  #serially(task: () => Promise<void>): Promise<void> {
    const next = this.#adopting.then(task)
    this.#adopting = next.catch(() => {})
    return next
  }

  #adopt(state: ViewState, before?: () => void): Promise<void> {
    return this.#serially(async () => {
      before?.()
      const members = state.members.filter(({ id }) => this.#isAdmitted(id))
      const view = mergeViews(this.#view, members)
      if (view.members.size > MEMBERS_MAX)
        throw baseError('INVALID_ARGUMENT', `a mesh has at most ${MEMBERS_MAX} members`)
      const pending = this.#pendingWith(members, state.pending)
      if (view === this.#view && pending.length === this.#pending.length) return
      for (const { id, addresses } of members)
        if (addresses.length > 0 && id !== this.#options.transport.peerId)
          this.#options.contacts?.learnt(id, addresses)
      await this.#become(view, pending)
    })
  }

  /**
   * What a joining node must cover: the views of others as they were without it, and what those
   * others must still cover themselves. A node that belongs to a mesh already covers nothing: of
   * the members of a view, those that are replicas in a larger one were replicas before. Unless it
   * learns only now that it lost an earlier store: what it held for others is gone.
   */
  #pendingWith(members: readonly Member[], theirs: readonly PendingView[]): readonly PendingView[] {
    const self = this.#options.transport.peerId
    const ids = members.map(({ id }) => id)
    const me = members.find(({ id }) => id === self)
    const isLost = me !== undefined && (me.storeId !== this.#storeId || me.hadOther === true)
    const isNews = isLost && this.#view.members.get(self)?.hadOther !== true
    if (!this.#isAlone && this.isCounted && !isNews) return this.#pending
    const withoutSelf = (list: readonly string[]): string[] => list.filter((id) => id !== self)
    const views: PendingView[] = [
      { ids: isLost ? ids : withoutSelf(ids), isLost },
      ...theirs.map((view) => ({ ids: withoutSelf(view.ids), isLost: false })),
    ]
    return addPending(this.#pending, views)
      .toSorted((a, b) => b.ids.length - a.ids.length)
      .slice(0, PENDING_VIEWS_MAX)
  }

  /** True for members, and for peers that may become members: nobody else is served. */
  mayAsk(peer: string): boolean {
    return this.#view.members.has(peer) || this.#isAdmitted(peer)
  }

  #isAdmitted(id: string): boolean {
    try {
      publicKeyOf(id)
    } catch {
      return false
    }
    return id === this.#options.transport.peerId || this.#options.admit(id)
  }

  /** Durable first: a node that forgot a member after saying that it knew it could split the mesh. */
  async #become(view: View, pending: readonly PendingView[]): Promise<void> {
    const writer = new ByteWriter(1024).u8(FORMAT)
    writeViewState(writer, { members: [...view.members.values()], pending })
    await this.#options.storage.save(writer.finish())
    const isNewView = !equalBytes(view.hash, this.#view.hash)
    const hasSettled = this.#pending.length > 0 && pending.length === 0
    this.#view = view
    this.#pending = pending
    if (isNewView) this.#placement = new Placement(view.members.keys(), this.#options.replicas)
    this.#options.onChange({ isNewView, hasSettled })
  }
}
