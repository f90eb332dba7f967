import {
  ManualClock,
  newOperationId,
  systemRandom,
  type Clock,
  type StampedRecord,
  type Version,
} from '@bzzz/base'
import { present, type TestApi } from '@bzzz/base/check'
import type { Store } from '../store.js'

export interface StoreSetup {
  readonly clock: Clock
  readonly writer: string
}

export interface StoreContract {
  /** How the tests call the implementation. */
  readonly name: string
  /** A fresh store, not yet started. */
  createStore(setup: StoreSetup): Promise<Store> | Store
  /** Opens again, not yet started, what a stopped store left behind. Absent where nothing stays. */
  reopen?(stopped: Store, setup: StoreSetup): Promise<Store> | Store
}

/** What each test of the suite works with. */
export interface World {
  readonly clock: ManualClock
  readonly store: Store
  /** Another store, of another node. */
  readonly other: () => Promise<Store>
  /** Stops the store and opens it again. */
  readonly reopen: () => Promise<Store>
  readonly canReopen: boolean
}

export const WRITER = 'writer-a'
export const OTHER_WRITER = 'writer-b'

/** Declares a test that gets a started store and stops everything that it opened. */
export const cases =
  (api: TestApi, contract: StoreContract) =>
  (name: string, body: (world: World) => Promise<void>): void => {
    api.it(name, async () => {
      const clock = new ManualClock()
      const opened: Store[] = []
      const begin = async (store: Store): Promise<Store> => {
        opened.push(store)
        await store.start()
        return store
      }
      try {
        let store = await begin(await contract.createStore({ clock, writer: WRITER }))
        await body({
          clock,
          store,
          canReopen: contract.reopen !== undefined,
          other: async () => begin(await contract.createStore({ clock, writer: OTHER_WRITER })),
          reopen: async () => {
            await store.stop()
            const reopened = await contract.reopen?.(store, { clock, writer: WRITER })
            present(reopened, 'this store does not reopen')
            store = await begin(reopened)
            return store
          },
        })
      } finally {
        for (const store of opened) await store.stop()
      }
    })
  }

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** An operation id that no other call returns. */
export const op = (): string => newOperationId(systemRandom)

/** Writes and waits until it is durable. */
export const put = async (
  store: Store,
  key: string,
  value: Uint8Array,
  opId = op(),
): Promise<StampedRecord> => {
  const { record, committed } = store.append({ key, value }, { opId })
  await committed
  return record
}

export const get = async (store: Store, key: string): Promise<StampedRecord | undefined> =>
  store.read(key)

/** A record as another node stamped it. */
export const remote = (
  key: string,
  value: Uint8Array,
  version: Partial<Version> & { readonly wallMs: number },
): StampedRecord => ({
  key,
  value,
  deleted: false,
  version: { counter: 0, writer: OTHER_WRITER, ...version },
  opId: op(),
})
