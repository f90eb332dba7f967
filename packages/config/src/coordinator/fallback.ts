import { field, type Agreement } from '../field.js'
import { booleanType } from '../types/boolean.js'
import { byteSizeType } from '../types/byte-size.js'
import { durationType, millisecondsType } from '../types/duration.js'
import { integerType } from '../types/integer.js'

/** How the DHT falls back to this machine and comes back to the mesh. */
export const fallbackFields = {
  fallbackOnError: field({
    path: 'bzzz.dht.fallback.enabled',
    env: 'BZZZ_FALLBACK_ON_ERROR',
    type: booleanType(),
    selects: true,
    isOffered: true,
    live: true,
    defaultDoc: '`true`',
    doc: 'Answer from this machine while the mesh cannot: mode `hybrid`. False means mode `real` where the mesh is switched on.',
    example: 'true',
  }),
  fallbackThresholdErrors: field({
    path: 'bzzz.dht.fallback.threshold_errors',
    type: integerType({ name: 'count', min: 1, max: 1000 }),
    default: 3,
    live: true,
    doc: 'Calls in a row that the mesh could not answer, until it is no longer asked.',
    example: '3',
  }),
  fallbackBackoffMs: field({
    path: 'bzzz.dht.fallback.backoff_ms',
    type: millisecondsType({ minMs: 1, maxMs: 3_600_000 }),
    default: 1000,
    live: true,
    doc: 'Longest wait before a mesh that failed is tried again; it doubles while trying fails, to 30 s or this, whichever is longer.',
    example: '1000',
  }),
  fallbackDeadlineMinMs: field({
    path: 'bzzz.dht.fallback.deadline_min',
    type: durationType({ minMs: 1, maxMs: 60_000 }),
    default: 20,
    live: true,
    doc: 'Least time that the mesh gets to answer one call before this machine does. It adapts to how fast the mesh answered lately.',
    example: '20ms',
  }),
  fallbackDeadlineMaxMs: field({
    path: 'bzzz.dht.fallback.deadline_max',
    type: durationType({ minMs: 1, maxMs: 60_000 }),
    default: 60,
    live: true,
    doc: 'Most time that the mesh gets to answer one call. The default suits one local network; peers far away need more.',
    example: '60ms',
  }),
  fallbackDwellMs: field({
    path: 'bzzz.dht.fallback.dwell',
    type: durationType({ minMs: 0, maxMs: 3_600_000 }),
    default: 1000,
    live: true,
    doc: 'Shortest time that this machine answers after a fallback; it doubles while the mesh comes and goes, to 30 s or this, whichever is longer.',
    example: '1s',
  }),
  drainPerS: field({
    path: 'bzzz.dht.drain_per_s',
    type: integerType({ name: 'count', min: 1, max: 1_000_000 }),
    default: 5000,
    live: true,
    doc: 'Records per second that are sent to a mesh that came back.',
    example: '5000',
  }),
  dirtyBytesMax: field({
    path: 'bzzz.dht.dirty_bytes_max',
    type: byteSizeType({ minBytes: 1024 ** 2, maxBytes: 64 * 1024 ** 3 }),
    default: 256 * 1024 ** 2,
    live: true,
    doc: 'Records that wait to be sent to the mesh. From 80 % on an alert is raised; at this size writes are refused until some are sent. Without effect in mode `mock`.',
    example: '256MiB',
  }),
}

export const fallbackAgreements: readonly Agreement<keyof typeof fallbackFields>[] = [
  {
    of: ['fallbackDeadlineMinMs', 'fallbackDeadlineMaxMs'],
    check: (min, max) =>
      Number(min) <= Number(max)
        ? undefined
        : {
            problem: `bzzz.dht.fallback.deadline_min (${String(min)} ms) is above bzzz.dht.fallback.deadline_max (${String(max)} ms)`,
            suggestion: 'raise deadline_max, or lower deadline_min',
          },
  },
]
