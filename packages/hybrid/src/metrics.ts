/** A read of which real and the store told different versions, in mode `shadow`. */
export interface ShadowMismatch {
  readonly op: string
  readonly key: string
  readonly atMs: number
}

/** Counts since the start. The names are those of the HTTP interface. */
export interface HybridMetrics {
  /** Calls that the store answered, and calls that real was asked. */
  readonly mock_requests: number
  readonly real_requests: number
  readonly fallback_events: number
  readonly recovery_events: number
  /** Milliseconds. */
  readonly avg_latency_mock: number
  readonly avg_latency_real: number
  /** Share of calls that the side could not answer, 0 to 1. */
  readonly error_rate_mock: number
  readonly error_rate_real: number
}

export interface Quantiles {
  /** Milliseconds; undefined before the first call. */
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
}

/** What is known beside the {@link HybridMetrics}. */
export interface HybridDetails {
  readonly latency: { readonly mock: Quantiles; readonly real: Quantiles }
  /** Calls that asked real and were answered by the store, as it was unavailable. */
  readonly fallback_answers: number
  /** Reads that nobody could answer: never told as "does not exist". */
  readonly unavailable_reads: number
  /** Writes that asked for more than was reached in time. */
  readonly pending_writes: number
  readonly shadow_compared: number
  readonly shadow_mismatches: number
  /** The newest of them, oldest first. */
  readonly shadow_samples: readonly ShadowMismatch[]
  /** Present deadline of one call of real, milliseconds. */
  readonly deadline_ms: number
}
