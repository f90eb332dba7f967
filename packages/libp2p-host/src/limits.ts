/** Largest request or answer: a DHT value of 1 MiB, and room for its key, stamp and proof. */
export const MESSAGE_BYTES_MAX: number = 1024 * 1024 + 64 * 1024

/** Payload of one frame at most. A larger message travels in fragments, so that it blocks nothing. */
export const FRAGMENT_BYTES: number = 64 * 1024

/** Frames are joined up to this size: two fragments, half a yamux window. */
export const BATCH_BYTES: number = 128 * 1024

/** What a peer may have in flight to us on one stream: also what one stream can make us buffer. */
export const STREAM_WINDOW_BYTES: number = 256 * 1024

/** Payloads being served, plus answers not yet sent, for one peer and protocol. */
export const SERVING_BYTES_MAX: number = 8 * 1024 * 1024

/** Streams of one protocol that a peer may hold open: the live one, and one that is being replaced. */
export const STREAMS_PER_PROTOCOL_MAX = 4

/** Peers remembered. Those longest disconnected are forgotten first. */
export const PEERS_MAX = 1_024

/** Opening a stream is one round trip; a peer that takes this long does not answer. */
export const STREAM_OPEN_MS = 5_000

/** A dial is a TCP and a TLS handshake and the first heartbeat. */
export const DIAL_MS = 5_000

/** After a failed dial, requests to the peer fail at once for this long instead of dialling again. */
export const DIAL_COOL_DOWN_MS = 250

/** A silent connection is closed after this long; only a new one gets past TCP's retransmission backoff. */
export const DEAD_LINK_MS = 10_000

/** A peer that stays away this long is no longer dialled, unless it is a bootstrap address. */
export const REDIAL_FORGET_MS: number = 60 * 60 * 1_000

/** Requests to one peer that wait for an answer: bounds what small ones cost in bookkeeping. */
export const IN_FLIGHT_MAX = 16_384
