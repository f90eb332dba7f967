import { defineErrors, type ErrorFactory, type ErrorRow } from './errors.js'

/** Error codes that every package may raise. */
export const BASE_ERRORS = {
  ABORTED: {
    verdict: 'answered',
    http: 499,
    meaning: 'The caller gave up through its AbortSignal.',
    remedy: 'Nothing: an abort is neither success nor failure.',
  },
  NOT_STARTED: {
    verdict: 'answered',
    http: 503,
    meaning: 'The component was used before start() or after stop().',
    remedy: 'Await start() first, and make a new instance after stop().',
  },
  INVALID_ARGUMENT: {
    verdict: 'answered',
    http: 400,
    meaning: 'An argument is not of the form that the call takes.',
    remedy: 'Correct the argument that the message names.',
  },
  TIMEOUT: {
    verdict: 'unavailable',
    http: 504,
    meaning: 'No answer came within the deadline.',
    remedy: 'Try again; the outcome of a write is unknown until then.',
  },
  CLOCK_SKEW: {
    verdict: 'answered',
    http: 409,
    meaning: 'A timestamp lies further in the future than the permitted skew.',
    remedy: 'Set the clocks of both machines (NTP), then try again.',
  },
  CLOCK_EXHAUSTED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The logical counter of this millisecond is used up.',
    remedy: 'Try again in a moment; if it lasts, the wall clock stands still or ran backwards.',
  },
  BYTES_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'Encoded bytes are truncated, oversized or malformed.',
    remedy:
      'Discard them; if they came from a file, restore it; if from a peer, check its version.',
  },
} as const satisfies Record<string, ErrorRow>

export const baseError: ErrorFactory<typeof BASE_ERRORS> = defineErrors(BASE_ERRORS)
