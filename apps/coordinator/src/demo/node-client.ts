/** What the demo asks of a coordinator over HTTP. */
export interface NodeClient {
  put(
    key: string,
    value: Uint8Array,
    opId: string,
  ): Promise<{ readonly outcome: 'acknowledged' | 'pending' }>
  /** At the level given; `quorum` when none is. */
  get(
    key: string,
    level?: 'local' | 'quorum' | 'all',
  ): Promise<{ readonly value: Uint8Array; readonly version: string } | undefined>
  status(): Promise<NodeStatus>
}

export interface NodeStatus {
  readonly connectedPeers: number
  /** The peers answer, rather than the node's own store. */
  readonly isServing: boolean
  readonly records: number
  /** Equal digests mean equal records. */
  readonly digest: string
}
