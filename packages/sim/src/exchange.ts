import { abortError, baseError, throwIfAborted, type RequestOptions } from '@bzzz/base'
import type { Endpoint, Pending } from './endpoint.js'
import { simError } from './errors.js'
import type { Ground } from './ground.js'

/** How messages get from one endpoint to another; the simulated network. */
export interface Carrier {
  readonly ground: Ground
  /** Calls `arrive` at the receiver, or `reset` when no process listens there. */
  send(
    from: Endpoint,
    to: string,
    label: string,
    arrive: (at: Endpoint) => void,
    reset?: () => void,
  ): void
}

/** What the receiving side does; it may happen twice, when the request is duplicated. */
export type Work<T> = (at: Endpoint) => T | Promise<T>

/**
 * One request and its answer over a lossy carrier. Settles once: with the first answer, `TIMEOUT`
 * at the deadline, `PEER_UNREACHABLE` when the connection breaks, or `ABORTED`. Never settles
 * when the process that asks dies.
 */
export const exchange = <T>(
  carrier: Carrier,
  from: Endpoint,
  to: string,
  label: string,
  work: Work<T>,
  options: RequestOptions,
): Promise<T> => {
  const { signal, deadlineMs } = options
  return new Promise<T>((resolve, reject) => {
    throwIfAborted(signal)
    const settle = (outcome: () => void): void => {
      from.gate.run(() => {
        if (!from.pending.delete(pending)) return
        cancelDeadline()
        signal?.removeEventListener('abort', onAbort)
        outcome()
      })
    }
    const onAbort = (): void => {
      if (signal !== undefined)
        settle(() => {
          reject(abortError(signal))
        })
    }
    const pending: Pending = {
      to,
      broken: () => {
        settle(() => {
          reject(simError('PEER_UNREACHABLE', `the connection from ${from.peerId} to ${to} broke`))
        })
      },
    }
    const cancelDeadline = carrier.ground.after(
      deadlineMs,
      () => {
        settle(() => {
          reject(baseError('TIMEOUT', `no answer from ${to} to ${label} within ${deadlineMs} ms`))
        })
      },
      `deadline ${from.peerId}>${to}`,
    )
    from.pending.add(pending)
    signal?.addEventListener('abort', onAbort, { once: true })
    const answer = (at: Endpoint, outcome: () => void): void => {
      at.gate.run(() => {
        carrier.send(at, from.peerId, `${label} answer`, () => {
          settle(outcome)
        })
      })
    }
    const serve = async (at: Endpoint): Promise<void> => {
      try {
        const result = await work(at)
        answer(at, () => {
          resolve(result)
        })
      } catch (error) {
        answer(at, () => {
          reject(error)
        })
      }
    }
    carrier.send(from, to, label, (at) => void serve(at), pending.broken)
  })
}
