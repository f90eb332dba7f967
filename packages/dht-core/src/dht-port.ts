import {
  baseError,
  codeOf,
  compareVersions,
  definePort,
  messageOf,
  replicasFor,
  verdictOf,
  type BzzzErrorOptions,
  type Level,
  type WriteIntent,
} from '@bzzz/base'
import type { DHT } from './dht.js'
import { dhtError } from './errors.js'
import { assertKey, assertValue } from './limits.js'
import { assertRecord } from './record-check.js'

/** The contract that this package describes; both sides of a hybrid must state it. */
export const DHT_CONTRACT = 'dht/1'

/** About what a record takes in memory beside key and value. */
const RECORD_BYTES = 200

/** An error of the store in the words of the port. */
export const refusalOf = (error: unknown): unknown => {
  const code = codeOf(error)
  if (code === 'STORE_CONFLICT') return dhtError('DHT_CONFLICT', messageOf(error), { cause: error })
  if (code !== 'STORE_RECORD_INVALID') return error
  return baseError('INVALID_ARGUMENT', messageOf(error), { cause: error })
}

const assertOptions = (options: { readonly level?: Level | undefined } = {}): void => {
  if (options.level !== undefined) replicasFor(options.level, 1)
}

/** What each method of {@link DHT} means. */
export const dhtPort = definePort<DHT>()({
  name: 'DHT',
  contract: DHT_CONTRACT,
  judge: verdictOf,
  merge: (a, b) => (compareVersions(a.version, b.version) >= 0 ? a : b),
  refusal: refusalOf,
  unavailable: (message: string, options?: BzzzErrorOptions) =>
    dhtError('DHT_UNAVAILABLE', message, options),
  probe: {
    key: '/bzzz/probe',
    value: new Uint8Array([1]),
    read: async (side, key, options) => (await side.get(key, options))?.version,
  },
  ops: {
    get: {
      kind: 'read',
      check: (key, options) => {
        assertKey(key)
        assertOptions(options)
      },
      key: (key) => key,
      isMiss: (found) => found === undefined,
      version: (found) => found?.version,
      expiresAtMs: (found) => found?.expiresAtMs,
      sizeBytes: (found) =>
        found === undefined ? 0 : RECORD_BYTES + 2 * found.key.length + found.value.length,
      level: (_key, options) => options?.level,
      timeoutMs: (_key, options) => options?.timeoutMs,
      allowsStale: (_key, options) => options?.allowStale === true,
    },
    put: {
      kind: 'write',
      check: (key, value, options) => {
        assertKey(key)
        assertValue(value)
        assertOptions(options)
      },
      key: (key) => key,
      record: (key, value, options): WriteIntent => ({
        key,
        value,
        expiresAtMs: options?.expiresAtMs,
      }),
      level: (_key, _value, options) => options?.level,
      timeoutMs: (_key, _value, options) => options?.timeoutMs,
      opId: (_key, _value, options) => options?.opId,
      condition: (_key, _value, options) => options?.expectedVersion,
    },
    delete: {
      kind: 'write',
      check: (key, options) => {
        assertKey(key)
        assertOptions(options)
      },
      key: (key) => key,
      record: (key, options): WriteIntent => ({
        key,
        deleted: true,
        expiresAtMs: options?.expiresAtMs,
      }),
      level: (_key, options) => options?.level,
      timeoutMs: (_key, options) => options?.timeoutMs,
      opId: (_key, options) => options?.opId,
      condition: (_key, options) => options?.expectedVersion,
    },
    apply: {
      kind: 'write',
      check: (record, options) => {
        assertRecord(record)
        assertOptions(options)
      },
      key: (record) => record.key,
      record: (record) => record,
      level: (_record, options) => options?.level,
      timeoutMs: (_record, options) => options?.timeoutMs,
      opId: (record) => record.opId,
    },
    closestPeers: { kind: 'read', key: (key) => key },
    onChange: {
      kind: 'subscribe',
      key: ({ key }) => key,
      id: ({ key, version }) => `${version.wallMs}.${version.counter}.${version.writer}:${key}`,
    },
  },
})
