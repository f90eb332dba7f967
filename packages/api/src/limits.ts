/** Those of the DHT contract; a test compares them. */
export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX = 1024 * 1024

/** Twice the longest request line of a key: three characters per byte, and the query. */
export const TARGET_CHARS_MAX = 8 * 1024

/** A value of 1 MiB of control characters takes six times that in JSON; the rest is small. */
export const RESPONSE_BYTES_MAX = 8 * 1024 * 1024

/** Longest wait that a client may ask for; HTTP clients and proxies give up about then. */
export const TIMEOUT_MS_MAX = 60_000
