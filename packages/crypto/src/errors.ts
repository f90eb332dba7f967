import { defineErrors, type ErrorFactory, type ErrorRow } from '@bzzz/base'

/** Error codes of this package. Verification never throws: it answers false. */
export const CRYPTO_ERRORS = {
  CRYPTO_KEY_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'A seed or a public key does not have 32 bytes.',
    remedy: 'Pass the 32 bytes of an ed25519 seed or public key, not an encoding of them.',
  },
  CRYPTO_PEER_ID_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'The text is not the peer id of an ed25519 key.',
    remedy: 'Use the 52 characters, starting with 12D3KooW, that a node prints as its peer id.',
  },
  CRYPTO_LEAF_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'What is to be signed is not bytes.',
    remedy: 'Encode every record of the batch before signing it.',
  },
} as const satisfies Record<string, ErrorRow>

export const cryptoError: ErrorFactory<typeof CRYPTO_ERRORS> = defineErrors(CRYPTO_ERRORS)
