import type { ApplyOptions, Level } from '@bzzz/base'
import type { DHT, ReadOptions, WriteOptions, WriteReceipt } from '@bzzz/dht-core'
import type { HybridDHT } from './support.js'

/** Levels that a lone node gives by itself. */
const isOwn = (level: Level | undefined): boolean =>
  level === undefined || level === 'quorum' || level === 'all' || level === 1

const lowered = <O extends { readonly level?: Level | undefined }>(options: O): O =>
  isOwn(options.level) ? { ...options, level: 'local' } : options

const named = (level: Level | undefined, receipt: WriteReceipt): WriteReceipt => ({
  ...receipt,
  level: level ?? 'local',
})

/**
 * The contract's calls as a caller makes them who takes what this node alone can give: levels that a
 * lone node's quorum amounts to are asked as `local`, and what it knows is taken for the answer.
 */
export const askedAlone = (dht: HybridDHT): DHT => {
  const asked: DHT = Object.create(dht) as DHT
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
      dht.get(key, { ...lowered(options), allowStale: true }),
    put: async (key: string, value: Uint8Array, options: WriteOptions = {}) =>
      named(options.level, await dht.put(key, value, lowered(options))),
    delete: async (key: string, options: WriteOptions = {}) =>
      named(options.level, await dht.delete(key, lowered(options))),
    apply: async (record: Parameters<DHT['apply']>[0], options: ApplyOptions = {}) =>
      named(options.level, await dht.apply(record, lowered(options))),
    closestPeers: (...args: Parameters<DHT['closestPeers']>) => dht.closestPeers(...args),
    onChange: (...args: Parameters<DHT['onChange']>) => dht.onChange(...args),
  }
  return Object.defineProperties(asked, Object.getOwnPropertyDescriptors(own))
}
