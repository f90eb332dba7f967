import {
  definePort,
  Service,
  verdictOf,
  baseError,
  throwIfAborted,
  type AbortOptions,
  type Acknowledgement,
  type Startable,
  type Unsubscribe,
} from '@bzzz/base'

export interface PutOptions extends AbortOptions {
  readonly opId?: string | undefined
}

/** A small port with one method of each kind. */
export interface Shelf extends Startable {
  readonly label: string
  get(key: string, options?: AbortOptions): Promise<Uint8Array | undefined>
  put(key: string, value: Uint8Array, options?: PutOptions): Promise<Acknowledgement>
  keys(): AsyncIterable<string>
  onChange(listener: (key: string) => void): Unsubscribe
  drop?(key: string): Promise<Acknowledgement>
}

export const shelfPort = definePort<Shelf>()({
  name: 'Shelf',
  contract: 'shelf/1',
  judge: verdictOf,
  merge: (a) => a,
  unavailable: (message, options) => baseError('TIMEOUT', message, options),
  probe: { key: 'probe', value: new Uint8Array(), read: () => Promise.resolve(undefined) },
  ops: {
    get: { kind: 'read', key: (key) => key },
    put: {
      kind: 'write',
      key: (key) => key,
      record: (key, value) => ({ key, value }),
      opId: (_key, _value, options) => options?.opId,
      level: () => 'local',
    },
    keys: { kind: 'stream', id: (key) => key },
    onChange: { kind: 'subscribe', id: (key) => key },
    drop: { kind: 'write', key: (key) => key, record: (key) => ({ key, deleted: true }) },
  },
})

/** Keeps values in a map; `fails` makes every call fail with its error. */
export class MemoryShelf extends Service implements Shelf {
  readonly label: string = 'a shelf'
  readonly values = new Map<string, Uint8Array>()
  readonly listeners = new Set<(key: string) => void>()
  fails: unknown
  outcome: Acknowledgement['outcome'] = 'acknowledged'

  constructor() {
    super('the shelf')
  }

  protected override async onStart(): Promise<void> {}

  protected override async onStop(): Promise<void> {}

  async get(key: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    this.#check(options)
    return this.values.get(key)
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<Acknowledgement> {
    this.#check(options)
    this.values.set(key, value.slice())
    for (const listener of this.listeners) listener(key)
    return {
      key,
      version: { wallMs: this.values.size, counter: 0, writer: 'a' },
      opId: options?.opId ?? 'made-here',
      outcome: this.outcome,
      level: 'local',
      heldBy: ['a'],
      replicas: 1,
      durability: 'memory',
    }
  }

  async *keys(): AsyncGenerator<string> {
    for (const key of this.values.keys()) {
      yield key
      this.#check()
    }
  }

  onChange(listener: (key: string) => void): Unsubscribe {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  #check(options: AbortOptions = {}): void {
    throwIfAborted(options.signal)
    if (this.fails !== undefined) throw this.fails
  }
}
