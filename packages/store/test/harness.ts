import { ManualClock, seededRandom, utf8, fromUtf8, codeOf } from '@bzzz/base'
import { LogStore, type LogStoreOptions } from '../src/log/log-store.js'
import type { FakeDisk } from './fake-disk.js'

export const WRITER = 'node-a'

export const makeStore = (disk: FakeDisk, options: Partial<LogStoreOptions> = {}): LogStore =>
  new LogStore({
    writer: WRITER,
    clock: new ManualClock(),
    random: seededRandom(1),
    ballastBytes: 0,
    ...options,
    disk,
  })

export const startStore = async (
  disk: FakeDisk,
  options: Partial<LogStoreOptions> = {},
): Promise<LogStore> => {
  const store = makeStore(disk, options)
  await store.start()
  return store
}

/** The code with which a start is refused, or undefined when it succeeds. */
export const refusal = async (
  disk: FakeDisk,
  options: Partial<LogStoreOptions> = {},
): Promise<string | undefined> => {
  const store = makeStore(disk, options)
  try {
    await store.start()
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
  await store.stop()
  return undefined
}

export const put = async (
  store: LogStore,
  key: string,
  value: string,
  opId = `${key}=${value.slice(0, 100)}`,
): Promise<void> => {
  await store.append({ key, value: utf8(value) }, { opId }).committed
}

export const textOf = async (store: LogStore, key: string): Promise<string | undefined> => {
  const record = await store.read(key)
  return record === undefined ? undefined : fromUtf8(record.value)
}

/** Waits until something holds, giving way to everything that is queued; fails after many turns. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (let turn = 0; turn < 10_000; turn++) {
    if (holds()) return
    await Promise.resolve()
  }
  throw new Error(`never came true: ${what}`)
}
