// Not run: `typecheck` proves that these tables are refused.
import { definePort, verdictOf } from '@bzzz/base'
import { dhtPort } from '../src/dht-port.js'
import type { DHT } from '../src/dht.js'

const port = definePort<DHT>()
const head = {
  name: 'DHT',
  contract: 'dht/1',
  judge: verdictOf,
  merge: dhtPort.merge,
  unavailable: dhtPort.unavailable,
  probe: dhtPort.probe,
} as const
const { get, ...withoutGet } = dhtPort.ops

export const complete = port({ ...head, ops: { ...withoutGet, get } })

// @ts-expect-error a method is missing
export const incomplete = port({ ...head, ops: withoutGet })

export const streamed = port({
  ...head,
  // @ts-expect-error a method that returns a promise is no stream
  ops: { ...withoutGet, get: { kind: 'stream', id: String } },
})

export const keyless = port({
  ...head,
  // @ts-expect-error a write must say which key it writes
  ops: { ...dhtPort.ops, put: { kind: 'write', record: dhtPort.ops.put.record } },
})

export const unrecorded = port({
  ...head,
  // @ts-expect-error a write must say what it leaves behind
  ops: { ...dhtPort.ops, put: { kind: 'write', key: dhtPort.ops.put.key } },
})

export const subscribed = port({
  ...head,
  // @ts-expect-error a subscription is no read
  ops: { ...dhtPort.ops, onChange: { kind: 'read', key: String } },
})
