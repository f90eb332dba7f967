/** Where an answer came from: the peers, this node's store, or an earlier answer of the peers. */
export type AnswerSource = 'real' | 'store' | 'memory'

export interface Explanation {
  readonly source: AnswerSource
  /** Why that source, in words for an operator. */
  readonly reason: string
  /**
   * The answer may lack what peers wrote in this time, milliseconds. 0: it does not. Undefined: real
   * never answered here.
   */
  readonly staleForMs: number | undefined
}

export interface Explained<R> {
  readonly answer: R
  readonly explanation: Explanation
}
