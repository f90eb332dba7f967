import type { Cancel, StampedRecord, Version } from '@bzzz/base'

/** One read on its way. */
export interface ReadOp {
  readonly key: string
  readonly needOf: (replicas: number) => number
  replicas: readonly string[]
  need: number
  /** Raised by a change of view; answers to an earlier round are ignored. */
  round: number
  /** What each replica holds, as it said last; undefined: nothing. */
  readonly versions: Map<string, Version | undefined>
  /** Replicas whose answers count. */
  readonly counted: Set<string>
  readonly asked: Set<string>
  /** Peers that were asked again after an exchange of views. */
  readonly differed: Set<string>
  /** Replicas that the newest record is being sent to. */
  readonly writingBack: Set<string>
  newest: Version | undefined
  /** The newest verified record seen. */
  record: StampedRecord | undefined
  isFetching: boolean
  readonly resolve: (record: StampedRecord | undefined) => void
  readonly reject: (error: unknown) => void
  cancelDeadline: Cancel
}
