import { utf8 } from '@bzzz/base'
import { sha256 } from '@bzzz/crypto'
import { VIEW_HASH_BYTES } from './wire/request.js'

/** One node of the mesh, as others know it. */
export interface Member {
  /** Peer id. */
  readonly id: string
  /** Which store it has: another one under the same peer id means that it lost its data. */
  readonly storeId: string
  /** When it first served with this store, by its own clock; the later of two stores is its present one. */
  readonly sinceMs: number
  /**
   * True once anybody knew it with another store than this one. Never taken back: whoever is told of
   * the new store by the member itself must still be able to tell it that it lost an earlier one.
   */
  readonly hadOther?: boolean
  /** Where it listens, as far as it said so. */
  readonly addresses: readonly string[]
}

/** A view in which quorums may have been made without this node, and whose records it may lack. */
export interface PendingView {
  readonly ids: readonly string[]
  /** True when this node was in it, and then lost its data. */
  readonly isLost: boolean
}

/** The members that a node has ever learnt of. It only grows. */
export interface View {
  /** By peer id, in the order of their ids. */
  readonly members: ReadonlyMap<string, Member>
  /** Eight bytes that name the set of ids. */
  readonly hash: Uint8Array
}

export const viewOf = (members: Iterable<Member>): View => {
  const sorted = [...members].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const text = ['bzzz/view/1', ...sorted.map(({ id }) => id)].join('\n')
  return {
    members: new Map(sorted.map((member) => [member.id, member])),
    hash: sha256(utf8(text)).subarray(0, VIEW_HASH_BYTES),
  }
}

/** The later store of the two, and whether there was another; `a` itself when `b` adds nothing. */
const newer = (a: Member, b: Member): Member => {
  const later = laterOf(a, b)
  const hadOther = a.hadOther === true || b.hadOther === true || a.storeId !== b.storeId
  return hadOther && later.hadOther !== true ? { ...later, hadOther } : later
}

/** The later store of the two; of equals, the one that names addresses. */
const laterOf = (a: Member, b: Member): Member => {
  if (a.sinceMs !== b.sinceMs) return a.sinceMs > b.sinceMs ? a : b
  if (a.storeId !== b.storeId) return a.storeId > b.storeId ? a : b
  const isSame = b.addresses.join(' ') === a.addresses.join(' ')
  return b.addresses.length === 0 || isSame ? a : b
}

/** The union. Both arguments stay as they are; the first is returned when the second adds nothing. */
export const mergeViews = (view: View, others: Iterable<Member>): View => {
  const merged = new Map(view.members)
  let isChanged = false
  for (const other of others) {
    const known = merged.get(other.id)
    const member = known === undefined ? other : newer(known, other)
    if (member === known) continue
    merged.set(other.id, member)
    isChanged = true
  }
  return isChanged ? viewOf(merged.values()) : view
}

const nameOf = (view: PendingView): string => [view.isLost, ...view.ids.toSorted()].join('\n')

/** Adds what is not there yet; empty views have nothing to cover. */
export const addPending = (
  pending: readonly PendingView[],
  more: readonly PendingView[],
): PendingView[] => {
  const known = new Map(pending.map((view) => [nameOf(view), view]))
  for (const view of more)
    if (view.ids.length > 0 && !known.has(nameOf(view))) known.set(nameOf(view), view)
  return [...known.values()]
}
