import type { PeerState } from '@bzzz/base'
import type { Endpoint } from './endpoint.js'
import type { Ground } from './ground.js'
import type { Link } from './link-model.js'

export interface WatchOptions {
  /** Interval of heartbeats, milliseconds. Default 50. */
  readonly heartbeatMs: number
  /** Silence after which a peer is suspected, milliseconds. Default 200. */
  readonly suspectAfterMs: number
  /** From the loss of a connection to the next one, once the peer is back. Default 100 ms. */
  readonly redialMs: number
}

interface View {
  readonly target: Endpoint
  readonly out: Link
  readonly back: Link
}

const desired = ({ target, out, back }: View, suspectAfterMs: number): PeerState => {
  if (target.gate.state === 'dead') return back.isCut ? 'suspect' : 'disconnected'
  if (target.gate.state === 'frozen' || out.isCut || back.isCut) return 'suspect'
  return out.model.latencyMinMs + back.model.latencyMinMs > suspectAfterMs ? 'suspect' : 'connected'
}

/**
 * What peers believe of each other. Heartbeats are modelled by when their absence or return is
 * noticed, not sent one by one, so that an idle world has nothing to do.
 */
export class PeerWatch {
  readonly #ground: Ground
  readonly #options: WatchOptions
  readonly #generations = new Map<string, number>()

  constructor(ground: Ground, options: WatchOptions) {
    this.#ground = ground
    this.#options = options
  }

  /** Something between the two changed: plan when the observer notices. */
  reconsider(observer: Endpoint, view: View): void {
    const pair = `${observer.peerId}>${view.target.peerId}`
    const generation = (this.#generations.get(pair) ?? 0) + 1
    this.#generations.set(pair, generation)
    const peerId = view.target.peerId
    const state = desired(view, this.#options.suspectAfterMs)
    const before = observer.stateOf(peerId)
    if (before === state || (before === undefined && state !== 'connected')) return
    // A broken connection is not mended by silence: only an answer changes it.
    if (before === 'disconnected' && state === 'suspect') return
    const rttMs = view.out.meanMs + view.back.meanMs
    const notice = (): void => {
      if (this.#generations.get(pair) === generation) observer.see(peerId, state, rttMs)
    }
    const delayMs = this.#delayMs(before, state, rttMs)
    if (delayMs === 0) notice()
    else
      this.#ground.after(
        delayMs,
        () => {
          observer.gate.run(notice)
        },
        `${pair} ${state}`,
      )
  }

  #delayMs(before: PeerState | undefined, state: PeerState, rttMs: number): number {
    const { heartbeatMs, suspectAfterMs, redialMs } = this.#options
    const { random } = this.#ground
    if (before === undefined) return 0
    if (state === 'suspect') return suspectAfterMs - random.next() * heartbeatMs
    if (state === 'disconnected') return rttMs / 2
    return before === 'suspect'
      ? random.next() * heartbeatMs + rttMs
      : redialMs + random.next() * heartbeatMs + rttMs
  }
}
