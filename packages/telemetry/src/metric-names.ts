/**
 * Names of the metrics that alerts and dashboards read. Who exports them and who watches them take
 * them from here, so that the two cannot disagree.
 */
export const HYBRID_METRICS = {
  servingReal: 'bzzz_hybrid_serving_real',
  wantsReal: 'bzzz_hybrid_wants_real',
  mode: 'bzzz_hybrid_mode',
  percent: 'bzzz_hybrid_percent',
  phase: 'bzzz_hybrid_phase',
  requests: 'bzzz_hybrid_requests_total',
  errors: 'bzzz_hybrid_errors_total',
  fallbacks: 'bzzz_hybrid_fallbacks_total',
  recoveries: 'bzzz_hybrid_recoveries_total',
  callDuration: 'bzzz_hybrid_call_duration_seconds',
  latency: 'bzzz_hybrid_latency_seconds',
  deadline: 'bzzz_hybrid_deadline_seconds',
  fallbackAnswers: 'bzzz_hybrid_fallback_answers_total',
  unavailableReads: 'bzzz_hybrid_unavailable_reads_total',
  pendingWrites: 'bzzz_hybrid_pending_writes_total',
  shadowCompared: 'bzzz_hybrid_shadow_compared_total',
  shadowMismatches: 'bzzz_hybrid_shadow_mismatches_total',
  dirtyBytes: 'bzzz_hybrid_dirty_bytes',
  dirtyBytesMax: 'bzzz_hybrid_dirty_bytes_max',
  dirtyKeys: 'bzzz_hybrid_dirty_keys',
  deadLetters: 'bzzz_hybrid_dead_letters',
  complete: 'bzzz_hybrid_complete',
  hasQuorum: 'bzzz_hybrid_has_quorum',
  drill: 'bzzz_hybrid_drill',
} as const

export const STORE_METRICS = {
  ready: 'bzzz_store_ready',
  /** 1 under the label `state` that the store is in: `ready`, `read-only` or `failed`; else 0. */
  state: 'bzzz_store_state',
  records: 'bzzz_store_records',
  dirtyBytes: 'bzzz_store_dirty_bytes',
} as const

export const PORT_METRICS = {
  calls: 'bzzz_port_calls_total',
  duration: 'bzzz_port_call_duration_seconds',
  items: 'bzzz_port_stream_items_total',
  events: 'bzzz_port_events_total',
} as const
