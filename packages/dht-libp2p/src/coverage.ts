import { quorumOf } from '@bzzz/base'
import { Placement } from './placement.js'
import type { PendingView } from './view.js'

/** A member that acknowledged the joining node's view and then handed over what it holds. */
export interface Covered {
  readonly id: string
  /** It lost its data itself, so that it says nothing about views that it was in. */
  readonly hasLost: boolean
}

export interface CoverageInput {
  readonly self: string
  /** Buckets of which this node is a replica now. */
  readonly buckets: readonly number[]
  readonly pending: readonly PendingView[]
  readonly covered: readonly Covered[]
  readonly replicas: number
}

/**
 * True when no quorum of a pending view can hold a record that this node lacks: in each bucket
 * either so many of that view's replicas handed over that every quorum contained one of them, or
 * all of them did. Those that did will answer no request of that view any more.
 */
export const isCovered = (input: CoverageInput): boolean =>
  input.pending.every((view) => isViewCovered(view, input))

const isViewCovered = (view: PendingView, input: CoverageInput): boolean => {
  const placement = new Placement(view.ids, input.replicas)
  const has = new Map(input.covered.map((one) => [one.id, one]))
  const seen = new Map<readonly string[], boolean>()
  return input.buckets.every((bucket) => {
    const replicas = placement.of(bucket)
    const known = seen.get(replicas)
    if (known !== undefined) return known
    // A node that never was in the view made no quorum of it, and needs nothing from itself.
    const others = replicas.filter((id) => id !== input.self)
    const selfCounts = others.length < replicas.length && !view.isLost ? 1 : 0
    const speaks = others.filter((id) => has.get(id)?.hasLost === false).length + selfCounts
    const isEnough = speaks >= replicas.length - quorumOf(replicas.length) + 1
    const result = isEnough || others.every((id) => has.has(id))
    seen.set(replicas, result)
    return result
  })
}
