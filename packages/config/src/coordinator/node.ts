import { field } from '../field.js'
import { byteSizeType } from '../types/byte-size.js'
import { durationType } from '../types/duration.js'
import { hostType, originType } from '../types/host.js'
import { integerType } from '../types/integer.js'
import { listType } from '../types/list.js'
import { choiceType, pathType } from '../types/text.js'

/** The node itself: where it keeps its data, its HTTP interface, its health and its log. */
export const nodeFields = {
  dataDirectory: field({
    path: 'bzzz.data_directory',
    type: pathType(),
    defaultDoc: '`$XDG_DATA_HOME/bzzz`, or `~/.local/share/bzzz`',
    doc: 'Directory of this node: its identity, records and token. Two nodes never share one.',
    example: '/var/lib/bzzz',
  }),
  httpHost: field({
    path: 'bzzz.http.host',
    type: hostType(),
    default: '127.0.0.1',
    doc: 'Address that the HTTP interface listens on. Beyond loopback, reads need the token too.',
    example: '127.0.0.1',
  }),
  httpPort: field({
    path: 'bzzz.http.port',
    type: integerType({ name: 'port', min: 0, max: 65_535 }),
    default: 4280,
    doc: 'Port of the HTTP interface. 0 takes any free one.',
    example: '4280',
  }),
  httpAllowedHosts: field({
    path: 'bzzz.http.allowed_hosts',
    type: listType(hostType()),
    default: [],
    defaultDoc: 'none',
    doc: 'Names, besides those of loopback, that requests may give in their `Host` header.',
    example: 'mesh.example.org,10.0.0.5',
  }),
  httpAllowedOrigins: field({
    path: 'bzzz.http.allowed_origins',
    type: listType(originType()),
    default: [],
    defaultDoc: 'none',
    doc: 'Origins of the web pages that may call the HTTP interface.',
    example: 'http://localhost:5173',
  }),
  httpBodyMaxBytes: field({
    path: 'bzzz.http.body_max',
    type: byteSizeType({ minBytes: 4 * 1024, maxBytes: 16 * 1024 ** 2 }),
    default: 2 * 1024 ** 2,
    doc: 'Longest request body. The default carries the largest value, 1 MiB, as base64 in JSON.',
    example: '2MiB',
  }),
  httpRequestTimeoutMs: field({
    path: 'bzzz.http.request_timeout',
    type: durationType({ minMs: 100, maxMs: 600_000 }),
    default: 10_000,
    doc: 'Longest time in which a client may send one request.',
    example: '10s',
  }),
  storeDurability: field({
    path: 'bzzz.store.durability',
    type: choiceType(['disk', 'memory']),
    default: 'disk',
    doc: 'Where records are when a write is acknowledged: synced to disk, or only in memory and gone after a restart.',
    example: 'disk',
  }),
  storeCacheBytes: field({
    path: 'bzzz.store.cache',
    type: byteSizeType({ minBytes: 0, maxBytes: 64 * 1024 ** 3 }),
    default: 64 * 1024 ** 2,
    doc: 'Memory for values that were read or written lately. Keys and versions are always in memory.',
    example: '64MiB',
  }),
  healthCheckIntervalMs: field({
    path: 'bzzz.health.check_interval',
    type: durationType({ minMs: 100, maxMs: 3_600_000 }),
    default: 30_000,
    doc: 'Time between two health checks of each component, and between two deep probes of the mesh (a write and a read) while all is well.',
    example: '30s',
  }),
  logLevel: field({
    path: 'bzzz.log.level',
    type: choiceType(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    doc: 'The least level that is logged.',
    example: 'info',
  }),
}
