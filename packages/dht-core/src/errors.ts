import { defineErrors } from '@bzzz/base'

/** Error codes of the DHT port. */
export const dhtError = defineErrors({
  DHT_KEY_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'The key is empty, longer than 1 KiB, or not well-formed Unicode.',
    remedy: 'Use a key of 1 to 1,024 bytes of UTF-8.',
  },
  DHT_VALUE_TOO_LARGE: {
    verdict: 'answered',
    http: 413,
    meaning: 'The value is longer than 1 MiB.',
    remedy: 'Split it, or store it elsewhere and keep its address here.',
  },
  DHT_CONFLICT: {
    verdict: 'answered',
    http: 409,
    meaning: 'The record is not at the version that the caller expected.',
    remedy: 'Read it again, and decide anew with the version found.',
  },
  DHT_UNAVAILABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'Too few replicas answered within the deadline to give the level asked for.',
    remedy: 'Try again, ask for the level `local`, or see `bzzz peers` for who is missing.',
  },
  DHT_RECORD_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'A record is malformed, or its writer did not sign it.',
    remedy: 'Discard it; the peer that sent it is broken or hostile.',
  },
})
