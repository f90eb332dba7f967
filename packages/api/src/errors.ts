import { defineErrors } from '@bzzz/base'

/** Error codes of the interface itself; those of the DHT and the store pass through it unchanged. */
export const apiError = defineErrors({
  API_REQUEST_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'The request does not have the form that the operation takes.',
    remedy: 'Correct what the message names; /v1/openapi.json describes every operation.',
  },
  API_TOKEN_REQUIRED: {
    verdict: 'answered',
    http: 401,
    meaning: 'The operation needs the token of this coordinator.',
    remedy: 'Send `Authorization: Bearer <token>`; the token is in the data directory.',
  },
  API_FORBIDDEN: {
    verdict: 'answered',
    http: 403,
    meaning: 'The Host, the Origin or the token of the request is not accepted here.',
    remedy: 'Allow the host or origin in the configuration, or use the token of this coordinator.',
  },
  API_ROUTE_UNKNOWN: {
    verdict: 'answered',
    http: 404,
    meaning: 'No operation has this path.',
    remedy: 'See /v1/openapi.json for the paths there are.',
  },
  API_RECORD_NOT_FOUND: {
    verdict: 'answered',
    http: 404,
    meaning: 'There is no record under this key, or it was deleted or has expired.',
    remedy: 'Check the key; `bzzz put` writes a record.',
  },
  API_COMPONENT_UNKNOWN: {
    verdict: 'answered',
    http: 404,
    meaning: 'This coordinator has no component of that name.',
    remedy: 'Use a name that `bzzz mode` lists.',
  },
  API_DEAD_LETTER_NOT_FOUND: {
    verdict: 'answered',
    http: 404,
    meaning: 'There is no dead letter under this key.',
    remedy: 'See `bzzz dead-letters`; its record may have been taken meanwhile.',
  },
  API_STREAMS_FULL: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'As many clients listen to this coordinator as it serves at once.',
    remedy: 'End one of them, or ask again later.',
  },
  API_METHOD_NOT_ALLOWED: {
    verdict: 'answered',
    http: 405,
    meaning: 'The path does not have this method.',
    remedy: 'Use a method that the `Allow` header of the answer names.',
  },
  API_BODY_TOO_LARGE: {
    verdict: 'answered',
    http: 413,
    meaning: 'The body, or the value in it, is longer than is accepted.',
    remedy: 'Send values of at most 1 MiB.',
  },
  API_MEDIA_TYPE_UNSUPPORTED: {
    verdict: 'answered',
    http: 415,
    meaning: 'The body is of a type that is not read.',
    remedy: 'Send application/json or application/octet-stream.',
  },
  API_INTERNAL: {
    verdict: 'answered',
    http: 500,
    meaning: 'The coordinator failed in a way that it did not foresee.',
    remedy: 'Look up the id of the message in the log of the coordinator, and report it.',
  },
  API_UNREACHABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'No coordinator answers at this address.',
    remedy: 'Start one with `bzzz start`, or give the address of another.',
  },
  API_RESPONSE_INVALID: {
    verdict: 'answered',
    http: 502,
    meaning: 'What answered does not speak this interface, or answered too much.',
    remedy: 'Check that the address is that of a BZZZ coordinator of this version.',
  },
})
