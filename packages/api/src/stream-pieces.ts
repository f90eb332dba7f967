import type { Cancel, Clock } from '@bzzz/base'
import { apiError } from './errors.js'
import { SILENCE_MAX_MS } from './event-stream.js'

/** The part of a body's reader that the client uses. */
export interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

export interface PieceSource {
  /** How error messages call it. */
  readonly name: string
  /** Gives up when the signal fires. */
  open(signal: AbortSignal): Promise<Reader | undefined>
  read(reader: Reader): ReturnType<Reader['read']>
}

/** Fires its signal when nothing was heard for too long. */
class Silence {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #cancel: Cancel | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(): void {
    this.#cancel = this.#clock.setTimer(() => {
      this.#controller.abort()
    }, SILENCE_MAX_MS)
  }

  end(): void {
    this.#cancel?.()
  }
}

/** Pieces of a body that goes on, until it ends. Throws `API_UNREACHABLE` after a long silence. */
export const piecesOf = async function* (
  source: PieceSource,
  clock: Clock,
  wanted: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const silence = new Silence(clock)
  const either = wanted === undefined ? silence.signal : AbortSignal.any([wanted, silence.signal])
  let reader: Reader | undefined
  silence.begin()
  try {
    reader = await source.open(either)
    if (reader === undefined) return
    for (;;) {
      const { done, value } = await source.read(reader)
      if (done || value === undefined) return
      // What the caller does with it is no silence of the coordinator.
      silence.end()
      yield value
      silence.begin()
    }
  } catch (error) {
    if (!silence.signal.aborted || wanted?.aborted === true) throw error
    throw apiError('API_UNREACHABLE', `${source.name} was silent for ${SILENCE_MAX_MS} ms`)
  } finally {
    silence.end()
    await reader?.cancel().catch(() => {})
  }
}
