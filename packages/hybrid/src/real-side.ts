import type { AbortOptions, Unsubscribe } from '@bzzz/base'

/** Whether the peers behind the real side can be expected to answer, from their heartbeats. */
export interface Reach {
  /** True while the peers that are not suspected make a quorum of all members, this node included. */
  readonly hasQuorum: boolean
  /** True while the replicas of this key that are not suspected make a quorum of them. */
  canReach(key: string): boolean
  /** Calls back when a peer's state changed. */
  onChange(listener: () => void): Unsubscribe
}

export interface CopyProgress {
  /** Shares of the key space compared so far, of {@link total}. */
  readonly done: number
  readonly total: number
  readonly fetched: number
}

/** A real side and what a hybrid needs to come back to it, and to leave it. */
export interface RealSide<I> {
  /** Not started; the hybrid starts and stops it, and never starts it a second time. */
  readonly port: I
  /** Default: it counts as reachable until calls fail. */
  readonly reach?: Reach | undefined
  /**
   * True while there is no other node, and never was: then this node's store holds all there is, and
   * mode `mock` may be entered later as if it had never been left. Default: false.
   */
  isAlone?(): boolean
  /**
   * Compares this node's store with the peers over the ranges of these keys, both ways. True when a
   * quorum of the replicas of every one holds what this node holds, or newer. Rejects when too few
   * answer. Default: the version of every key is read at a quorum.
   */
  confirm?(keys: readonly string[], options: AbortOptions): Promise<boolean>
  /**
   * Fetches every record of the mesh that this node lacks or has older. Rejects when a range could
   * not be fetched from a quorum of its replicas. Default: mode `mock` can only be entered with `isNow`.
   */
  copyAll?(
    options: AbortOptions & { readonly onProgress?: (progress: CopyProgress) => void },
  ): Promise<void>
}
