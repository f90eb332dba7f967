// Checked by `typecheck`, never run: what must not compile stands under @ts-expect-error.
import {
  baseError,
  definePort,
  type OpTable,
  type StampedRecord,
  type Startable,
} from '../src/index.js'

interface Shop extends Startable {
  readonly name: string
  find(key: string): Promise<string | undefined>
  put(key: string, value: Uint8Array): Promise<number>
  list(prefix: string): AsyncIterable<{ readonly id: string }>
  onSold(listener: (event: { readonly id: string }) => void): () => void
  refund?(key: string): Promise<number>
}

const read = { kind: 'read', key: (key: string) => key } as const
const write = {
  kind: 'write',
  key: (key: string) => key,
  record: (key: string, value: Uint8Array) => ({ key, value }),
} as const
const stream = { kind: 'stream', id: (item: { id: string }) => item.id } as const
const subscribe = { kind: 'subscribe', id: (event: { id: string }) => event.id } as const

const whole = {
  find: read,
  put: write,
  list: stream,
  onSold: subscribe,
  refund: read,
} satisfies OpTable<Shop>

export const port = definePort<Shop>()({
  name: 'Shop',
  contract: 'shop/1',
  judge: () => 'answered',
  merge: (a: StampedRecord) => a,
  probe: { key: 'k', value: new Uint8Array(), read: () => Promise.resolve(undefined) },
  unavailable: (message, options) => baseError('TIMEOUT', message, options),
  ops: whole,
})

// The literal types survive: a hybrid is typed from them.
export const kind: 'stream' = port.ops.list.kind

const { find: _find, ...noFind } = whole
// @ts-expect-error a method is forgotten
export const forgotten: OpTable<Shop> = noFind

const { refund: _refund, ...noRefund } = whole
// @ts-expect-error an optional method is forgotten
export const forgottenOptional: OpTable<Shop> = noRefund

// @ts-expect-error a stream is declared as a read
export const streamAsRead: OpTable<Shop> = { ...whole, list: read }

// @ts-expect-error a read is declared as a stream
export const readAsStream: OpTable<Shop> = { ...whole, find: stream }

// @ts-expect-error a subscription is declared as a stream
export const subscriptionAsStream: OpTable<Shop> = { ...whole, onSold: stream }

// @ts-expect-error a write has no key
export const noKey: OpTable<Shop> = { ...whole, put: { kind: 'write', record: write.record } }

// @ts-expect-error a write leaves no record
export const noRecord: OpTable<Shop> = { ...whole, put: { kind: 'write', key: write.key } }

// @ts-expect-error a stream has no item id
export const noId: OpTable<Shop> = { ...whole, list: { kind: 'stream' } }

// @ts-expect-error no method of this name
export const stale: OpTable<Shop> = { ...whole, sell: read }

export const wrongKey: OpTable<Shop> = {
  ...whole,
  // @ts-expect-error the key is not made from the method's arguments
  find: { kind: 'read', key: (key: number) => String(key) },
}

interface Instant {
  size(): number
}
// @ts-expect-error a method that is neither asynchronous, a stream nor a subscription fits no row
export const instant: OpTable<Instant> = { size: { kind: 'read', key: () => 'k' } }
