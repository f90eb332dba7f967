import { baseError } from './base-errors.js'
import { codeOf, type BzzzError } from './errors.js'

/** Last parameter of every asynchronous call. */
export interface AbortOptions {
  /** Aborted before the call: rejected with `ABORTED`, and no effect. */
  readonly signal?: AbortSignal | undefined
}

export const abortError = (signal: AbortSignal): BzzzError =>
  baseError('ABORTED', 'the operation was aborted by its caller', { cause: signal.reason })

/** True for our own `ABORTED` and for the platform's `AbortError`. */
export const isAbort = (error: unknown): boolean =>
  codeOf(error) === 'ABORTED' ||
  (typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError')

/** Throws `ABORTED` when the signal has fired. */
export const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw abortError(signal)
}

/**
 * The promise's own outcome, or `ABORTED` as soon as the signal fires. The work behind the promise
 * goes on; its late outcome is ignored.
 */
export const abortable = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise
  if (signal.aborted) {
    promise.catch(() => {})
    return Promise.reject(abortError(signal))
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(abortError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort)
        reject(error)
      },
    )
  })
}
