import { baseError, type Clock } from '@bzzz/base'

export interface TimeLimit {
  readonly signal: AbortSignal
  /** Ends the wait; to be called when the work is done. */
  clear(): void
}

/** A signal that fires after `limitMs` of the clock's time, or when the caller's signal fires. */
export const timeLimit = (clock: Clock, limitMs: number, outer?: AbortSignal): TimeLimit => {
  const controller = new AbortController()
  const cancel = clock.setTimer(() => {
    controller.abort(baseError('TIMEOUT', `no answer within ${Math.round(limitMs)} ms`))
  }, limitMs)
  const onOuter = (): void => {
    controller.abort(outer?.reason)
  }
  if (outer?.aborted === true) onOuter()
  else outer?.addEventListener('abort', onOuter, { once: true })
  return {
    signal: controller.signal,
    clear: () => {
      cancel()
      outer?.removeEventListener('abort', onOuter)
    },
  }
}
