import { abortable, type Clock } from '@bzzz/base'

/**
 * The work's own outcome, `ABORTED` when the signal fires, or after `timeoutMs` what `onTimeout`
 * makes. A frozen side settles nothing, and its late outcome is ignored.
 */
export const bounded = <T>(
  work: Promise<T>,
  clock: Clock,
  timeoutMs: number,
  limits: { readonly signal: AbortSignal; readonly onTimeout: () => Error },
): Promise<T> => {
  const timed = new Promise<T>((resolve, reject) => {
    const cancel = clock.setTimer(() => {
      reject(limits.onTimeout())
    }, timeoutMs)
    work.then(resolve, reject).finally(cancel)
  })
  return abortable(timed, limits.signal)
}
