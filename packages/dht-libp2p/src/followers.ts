import { compareVersions, quorumOf, replicasFor } from '@bzzz/base'
import { Acknowledged } from './acknowledged.js'
import { ACKNOWLEDGED_MAX } from './limits.js'
import type { OpTable } from './op-table.js'
import type { WriteOp } from './write-op.js'

/** Earlier writes of this node for which a later one of it stands. */
export class Followers {
  readonly #ops: OpTable
  readonly #acknowledged = new Acknowledged(ACKNOWLEDGED_MAX)

  constructor(ops: OpTable) {
    this.#ops = ops
  }

  /**
   * Finds the later write that stands for a refused one: `acknowledged` when it is known to be through.
   * It must be acknowledged itself, at no lower level: that a quorum holds something newer is not
   * enough, for that may be the very record that refused both.
   */
  follow(op: WriteOp): 'acknowledged' | 'following' | 'none' {
    const { key, version } = op.record
    if (this.#acknowledged.isAfter(key, version)) return 'acknowledged'
    const need = replicasFor(op.level, op.replicas.length)
    const later = this.#ops
      .of(key)
      .findLast(
        (other) =>
          other.mayRestamp &&
          compareVersions(other.record.version, version) > 0 &&
          replicasFor(other.level, other.replicas.length) >= need,
      )
    if (later === undefined) return 'none'
    op.isFollowing = true
    later.followers.push(op)
    return 'following'
  }

  /** Notes that the write reached its level; gives back, and forgets, those for which it stands. */
  acknowledged(op: WriteOp): readonly WriteOp[] {
    const { key, version } = op.record
    // Nothing may come right before a conditional write but what it was conditional on.
    if (
      !op.isConditional &&
      replicasFor(op.level, op.replicas.length) >= quorumOf(op.replicas.length)
    )
      this.#acknowledged.note(key, version)
    return op.followers.splice(0)
  }
}
