/** Figures by which a hybrid falls back and comes back. Times in milliseconds. */
export interface Tuning {
  /** Calls in a row that found real unavailable, until the breaker opens. Default 3. */
  readonly errorsMax: number
  /** Share of unavailable calls in a window that opens the breaker. Default 0.5. */
  readonly errorRateMax: number
  /** Share of calls slower than {@link slowMs} in a window that opens the breaker. Default 0.8. */
  readonly slowRateMax: number
  /** Default 50. */
  readonly slowMs: number
  /** Windows with fewer calls decide nothing. Default 20. */
  readonly windowCallsMin: number
  /** Default 1,000. */
  readonly windowMs: number

  /** Bounds of the adaptive deadline of one call of real. Default 20 and 60. */
  readonly deadlineMinMs: number
  readonly deadlineMaxMs: number
  /** Wait of a call that may not fall back and states none: the port's own default. Default 2,000. */
  readonly strictTimeoutMs: number

  /** Good probes in a row before real counts as back. Default 3. */
  readonly probesNeeded: number
  /** A probe that has not ended by then counts as failed. Default 1,000. */
  readonly probeLeaseMs: number
  /**
   * Between tries of the way back that fail: full jitter under a ceiling that doubles from here.
   * Default 1,000 to 30,000.
   */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /**
   * That ceiling's bound where a probe failed, and not the work after good ones, which is a load of
   * its own. Default 1,000: a probe that hangs for its lease and the wait after it leave real serving
   * within 3 s of its first answer, whatever the length of the outage.
   */
  readonly probeWaitMaxMs: number
  /** Between deep probes while all is well. Default 30,000. */
  readonly probeEveryMs: number
  /** Shortest stay in the store after a fallback, doubling while real flaps. Default 1,000 to 30,000. */
  readonly dwellMinMs: number
  readonly dwellMaxMs: number
  /** Calm after which flapping is forgotten. Default 60,000. */
  readonly calmMs: number

  /** Dirty records sent at once and per second during recovery. Default 64 and 5,000. */
  readonly drainInFlightMax: number
  readonly drainPerS: number
  /** Tries until a record that real refuses is a dead letter. Default 5. */
  readonly sendTriesMax: number
  /** Bytes of dirty records at which new writes are refused. Default 256 MiB. */
  readonly dirtyBytesMax: number
  /** Memory for answers of real that serve when it is away. Default 16 MiB. */
  readonly answersBytesMax: number
}

export const DEFAULT_TUNING: Tuning = {
  errorsMax: 3,
  errorRateMax: 0.5,
  slowRateMax: 0.8,
  slowMs: 50,
  windowCallsMin: 20,
  windowMs: 1_000,
  deadlineMinMs: 20,
  deadlineMaxMs: 60,
  strictTimeoutMs: 2_000,
  probesNeeded: 3,
  probeLeaseMs: 1_000,
  backoffMinMs: 1_000,
  backoffMaxMs: 30_000,
  probeWaitMaxMs: 1_000,
  probeEveryMs: 30_000,
  dwellMinMs: 1_000,
  dwellMaxMs: 30_000,
  calmMs: 60_000,
  drainInFlightMax: 64,
  drainPerS: 5_000,
  sendTriesMax: 5,
  dirtyBytesMax: 256 * 1024 * 1024,
  answersBytesMax: 16 * 1024 * 1024,
}

/** The figures that can be changed while a hybrid runs. */
export const LIVE_TUNING = [
  'errorsMax',
  'deadlineMinMs',
  'deadlineMaxMs',
  'backoffMinMs',
  'backoffMaxMs',
  'probeEveryMs',
  'dwellMinMs',
  'dwellMaxMs',
  'drainPerS',
  'dirtyBytesMax',
] as const satisfies readonly (keyof Tuning)[]

export type LiveTuning = Pick<Tuning, (typeof LIVE_TUNING)[number]>
