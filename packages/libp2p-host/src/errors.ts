import { defineErrors, type ErrorFactory, type ErrorRow } from '@bzzz/base'

/** Error codes of the libp2p host and of its request protocol. */
export const HOST_ERRORS = {
  PEER_UNREACHABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'There is no connection to the peer, and none could be opened.',
    remedy: 'Check that the peer runs and that its address is right; the host keeps dialling it.',
  },
  PEER_REFUSED: {
    // Not an answer of the service behind the peer: another replica may well give one.
    verdict: 'unavailable',
    http: 502,
    meaning: 'One of the two peers refuses the other.',
    remedy: 'Compare the allow-lists, the private network keys and the peer id in the address.',
  },
  PEER_BUSY: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'Too much is queued for the peer, or a limit on streams or connections is reached.',
    remedy: 'Send less at a time, or try again in a moment.',
  },
  REQUEST_TOO_LARGE: {
    verdict: 'answered',
    http: 413,
    meaning: 'A request or its answer is over the largest message that the protocol carries.',
    remedy: 'Split it.',
  },
  REQUEST_FAILED: {
    verdict: 'answered',
    http: 502,
    meaning: 'The handler at the peer threw an error that has no code.',
    remedy: 'Look into the log of that peer.',
  },
  PROTOCOL_UNSUPPORTED: {
    // Most often the peer is still starting; another one may serve it.
    verdict: 'unavailable',
    http: 501,
    meaning: 'The peer does not serve the protocol.',
    remedy: 'Start the service on that peer, or update it.',
  },
  PROTOCOL_HANDLED: {
    verdict: 'answered',
    http: 500,
    meaning: 'A second handler was registered for a protocol.',
    remedy: 'Unsubscribe the first one.',
  },
  FRAME_INVALID: {
    verdict: 'unavailable',
    http: 502,
    meaning: 'A peer sent bytes that are not frames of the request protocol.',
    remedy: 'Compare the versions of the two peers; the stream has been reset.',
  },
  HOST_OPTION_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'An option of the host is out of range or contradicts another one.',
    remedy: 'Correct the option that the message names.',
  },
  HOST_ADDRESS_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'An address is not a multiaddr that this host can listen on or dial.',
    remedy: 'Write it like /ip4/192.0.2.1/tcp/4001, with /ws or /p2p/<peer id> behind it.',
  },
  HOST_PORT_IN_USE: {
    verdict: 'answered',
    http: 503,
    meaning: 'Another process listens on the address.',
    remedy: 'Stop that process, or listen on another port (0 takes a free one).',
  },
  HOST_LISTEN_FAILED: {
    verdict: 'answered',
    http: 503,
    meaning: 'The operating system refuses to listen on the address.',
    remedy: 'Use an address of this machine and a port above 1023.',
  },
  HOST_NODE_TOO_OLD: {
    verdict: 'answered',
    http: 500,
    meaning: 'This version of Node cannot run libp2p.',
    remedy: 'Use Node 22.13 or newer.',
  },
  IDENTITY_EXPOSED: {
    verdict: 'answered',
    http: 500,
    meaning: 'Other users of this machine can read the file that holds the private key.',
    remedy: 'Run chmod 600 on it; if it was exposed for long, delete it for a new identity.',
  },
  IDENTITY_DAMAGED: {
    verdict: 'answered',
    http: 500,
    meaning: 'The identity file does not hold a complete key.',
    remedy: 'Restore it from a backup, or delete it for a new identity.',
  },
  IDENTITY_FAILED: {
    verdict: 'answered',
    http: 500,
    meaning: 'The identity file can be neither read nor created.',
    remedy: 'Check that its directory exists and may be written.',
  },
} as const satisfies Record<string, ErrorRow>

export const hostError: ErrorFactory<typeof HOST_ERRORS> = defineErrors(HOST_ERRORS)
