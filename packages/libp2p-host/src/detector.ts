/**
 * The failure detector of one peer, as a pure step function. Silence counts only time in which this
 * node itself ran, so that a node which stalls suspects itself before it accuses others (Lifeguard).
 */
export interface DetectorConfig {
  /** Interval of pings after an answer, milliseconds. */
  readonly heartbeatMs: number
  /** Silence that makes a peer suspect, milliseconds. */
  readonly suspectAfterMs: number
  /** Silence after which the connection is given up, milliseconds. */
  readonly deadAfterMs: number
  /** How often `tick` is meant to come, milliseconds. */
  readonly tickMs: number
}

/** `joining`: connected, but it has not answered a heartbeat yet. */
export type Phase = 'joining' | 'connected' | 'suspect'

export interface DetectorState {
  readonly phase: Phase
  /** Time without an answer during which this node ran, milliseconds. */
  readonly silenceMs: number
  /** When the ping that is under way was sent. One at a time: an outage piles nothing up. */
  readonly pingSentAtMs: number | undefined
  /** When the next ping is due. */
  readonly pingDueAtMs: number
  /** Smoothed round-trip time, milliseconds (RFC 6298: 7/8 of the old, 1/8 of the new). */
  readonly rttMs: number | undefined
}

export type DetectorInput =
  /** Time passes. `elapsedMs` since the last tick; `lagMs` is how far this node's event loop is behind. */
  | { readonly type: 'tick'; readonly elapsedMs: number; readonly lagMs: number }
  /** The ping was answered. */
  | { readonly type: 'pong' }
  /** The ping cannot be answered any more: its stream failed. */
  | { readonly type: 'ping-failed' }
  /** Another request was answered. */
  | { readonly type: 'answer' }

export interface DetectorStep {
  readonly state: DetectorState
  /** Send a ping now. */
  readonly shouldPing: boolean
  /** The connection is dead: close it. */
  readonly shouldHangUp: boolean
}

export const newDetector = (nowMs: number): DetectorState => ({
  phase: 'joining',
  silenceMs: 0,
  pingSentAtMs: undefined,
  pingDueAtMs: nowMs,
  rttMs: undefined,
})

const keep = (state: DetectorState): DetectorStep => ({
  state,
  shouldPing: false,
  shouldHangUp: false,
})

export const stepDetector = (
  state: DetectorState,
  input: DetectorInput,
  nowMs: number,
  config: DetectorConfig,
): DetectorStep => {
  switch (input.type) {
    case 'tick':
      return tick(state, input.elapsedMs, input.lagMs, nowMs, config)
    case 'pong':
      return keep(answered(state, nowMs, config))
    case 'ping-failed':
      return keep({ ...state, pingSentAtMs: undefined, pingDueAtMs: nowMs + config.heartbeatMs })
    default:
      input.type satisfies 'answer'
      // It proves life, but a peer joins by its heartbeat, and only that measures the round trip.
      return keep(
        state.phase === 'joining' ? state : { ...state, phase: 'connected', silenceMs: 0 },
      )
  }
}

const answered = (state: DetectorState, nowMs: number, config: DetectorConfig): DetectorState => {
  const sampleMs = state.pingSentAtMs === undefined ? undefined : nowMs - state.pingSentAtMs
  return {
    phase: 'connected',
    silenceMs: 0,
    pingSentAtMs: undefined,
    pingDueAtMs: nowMs + config.heartbeatMs,
    rttMs: smoothed(state.rttMs, sampleMs),
  }
}

const smoothed = (rttMs: number | undefined, sampleMs: number | undefined): number | undefined => {
  if (sampleMs === undefined) return rttMs
  return rttMs === undefined ? sampleMs : (7 * rttMs + sampleMs) / 8
}

const tick = (
  state: DetectorState,
  elapsedMs: number,
  lagMs: number,
  nowMs: number,
  config: DetectorConfig,
): DetectorStep => {
  const silenceMs = state.silenceMs + Math.min(elapsedMs, 2 * config.tickMs)
  const isSilent = state.phase === 'connected' && silenceMs >= config.suspectAfterMs + lagMs
  const shouldPing = state.pingSentAtMs === undefined && nowMs >= state.pingDueAtMs
  return {
    state: {
      ...state,
      silenceMs,
      phase: isSilent ? 'suspect' : state.phase,
      pingSentAtMs: shouldPing ? nowMs : state.pingSentAtMs,
    },
    shouldPing,
    shouldHangUp: silenceMs >= config.deadAfterMs + lagMs,
  }
}
