import {
  compareVersions,
  definePort,
  verdictOf,
  type Level,
  type StampedRecord,
  type WriteIntent,
} from '@bzzz/base'
import type { DHT, WriteOptions, WriteReceipt } from './dht.js'

/** The contract that this package describes; both sides of a hybrid must state it. */
export const DHT_CONTRACT = 'dht/1'

const level = (options?: WriteOptions): Level | undefined => options?.level

const receipt = (record: StampedRecord, reached: { replicas: number }): WriteReceipt => ({
  key: record.key,
  version: record.version,
  opId: record.opId,
  outcome: 'acknowledged',
  level: 'local',
  heldBy: [record.version.writer],
  replicas: reached.replicas,
  durability: 'disk',
})

/** What each method of {@link DHT} means. */
export const dhtPort = definePort<DHT>()({
  name: 'DHT',
  contract: DHT_CONTRACT,
  judge: verdictOf,
  merge: (a, b) => (compareVersions(a.version, b.version) >= 0 ? a : b),
  probe: { key: '/bzzz/probe', value: new Uint8Array([1]) },
  ops: {
    get: {
      kind: 'read',
      key: (key) => key,
      isMiss: (found) => found === undefined,
      version: (found) => found?.version,
    },
    put: {
      kind: 'write',
      key: (key) => key,
      record: (key, value, options): WriteIntent => ({
        key,
        value,
        expiresAtMs: options?.expiresAtMs,
      }),
      level: (_key, _value, options) => level(options),
      opId: (_key, _value, options) => options?.opId,
      condition: (_key, _value, options) => options?.expectedVersion,
      receipt,
    },
    delete: {
      kind: 'write',
      key: (key) => key,
      record: (key): WriteIntent => ({ key, deleted: true }),
      level: (_key, options) => level(options),
      opId: (_key, options) => options?.opId,
      condition: (_key, options) => options?.expectedVersion,
      receipt,
    },
    apply: {
      kind: 'write',
      key: (record) => record.key,
      record: (record) => record,
      level: (_record, options) => level(options),
      opId: (record) => record.opId,
      receipt,
    },
    closestPeers: { kind: 'read', key: (key) => key },
    onChange: {
      kind: 'subscribe',
      id: ({ key, version }) => `${version.wallMs}.${version.counter}.${version.writer}:${key}`,
    },
  },
})
