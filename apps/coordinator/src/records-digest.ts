import { toHex } from '@bzzz/base'
import { BUCKETS, digestOf, type Store } from '@bzzz/store'

/** One hash over all keys and versions: equal on nodes that hold the same records. */
export const recordsDigest = (store: Pick<Store, 'digest'>): string =>
  toHex(
    digestOf(
      store,
      Array.from({ length: BUCKETS }, (_, bucket) => bucket),
    ).hash,
  )
