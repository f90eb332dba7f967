import {
  codeOf,
  delay,
  newOperationId,
  type Random,
  type ApplyOptions,
  type Clock,
} from '@bzzz/base'
import type { DHT, ReadOptions, WriteOptions, WriteReceipt } from '@bzzz/dht-core'

/** Longer than the way back to real takes. */
const TRIES_MAX = 200
const PAUSE_MS = 20

/** Who allows less has no time to try again. */
const PATIENT_MS = 1_000

const isOutage = (error: unknown): boolean => codeOf(error) === 'DHT_UNAVAILABLE'

/** Tries again while real is unavailable, or the write pending. */
const again = <R>(
  clock: Clock,
  call: () => Promise<R>,
  isDone: (result: R) => boolean,
): Promise<R> => {
  const outcome = untilDone(clock, call, isDone)
  // Whoever stops the node looks at it later.
  outcome.catch(() => {})
  return outcome
}

const untilDone = async <R>(
  clock: Clock,
  call: () => Promise<R>,
  isDone: (result: R) => boolean,
): Promise<R> => {
  for (let tries = 1; ; tries++) {
    try {
      const result = await call()
      if (isDone(result) || tries >= TRIES_MAX) return result
    } catch (error) {
      if (!isOutage(error) || tries >= TRIES_MAX) throw error
    }
    await delay(clock, PAUSE_MS)
  }
}

const isAcknowledged = ({ outcome }: WriteReceipt): boolean => outcome === 'acknowledged'

const named = <O extends ReadOptions | WriteOptions>(options: O): O => ({
  level: 'quorum',
  ...options,
})

/**
 * A node as a caller uses it who names the level that the port's default stands for, and tries again
 * with the same operation id: through whatever faults, the contract holds for such a caller.
 */
export const persistent = (dht: DHT, clock: Clock, random: Random, replicas: number): DHT => {
  const once = (options: WriteOptions): WriteOptions => ({
    opId: newOperationId(random),
    ...named(options),
  })
  const own = {
    get peerId() {
      return dht.peerId
    },
    get contract() {
      return dht.contract
    },
    start: (options?: Parameters<DHT['start']>[0]) => dht.start(options),
    stop: () => dht.stop(),
    get: (key: string, options: ReadOptions = {}) =>
      (options.timeoutMs ?? PATIENT_MS) >= PATIENT_MS
        ? again(
            clock,
            () => dht.get(key, named(options)),
            () => true,
          )
        : dht.get(key, named(options)),
    put: (key: string, value: Uint8Array, options: WriteOptions = {}) => {
      const [owned, asked] = [ArrayBuffer.isView(value) ? value.slice() : value, once(options)]
      return again(clock, () => dht.put(key, owned, asked), isAcknowledged)
    },
    delete: (key: string, options: WriteOptions = {}) => {
      const asked = once(options)
      return again(clock, () => dht.delete(key, asked), isAcknowledged)
    },
    apply: (record: Parameters<DHT['apply']>[0], options: ApplyOptions = {}) =>
      again(clock, () => dht.apply(record, { level: 'quorum', ...options }), isAcknowledged),
    // While real is away a node knows of no replica but itself.
    closestPeers: (...args: Parameters<DHT['closestPeers']>) =>
      again(
        clock,
        () => dht.closestPeers(...args),
        (found) => found.length === replicas,
      ),
    onChange: (...args: Parameters<DHT['onChange']>) => dht.onChange(...args),
  }
  return Object.defineProperties(Object.create(dht) as DHT, Object.getOwnPropertyDescriptors(own))
}
