import { dhtPort } from '@bzzz/dht-core'
import { BUCKETS, type Store } from '@bzzz/store'

/** Equal for stores that hold equal records, without those of the deep probes. */
export const digestOf = (store: Store): string => {
  const lines: string[] = []
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    for (const { key, version, deleted } of store.heads(bucket))
      if (!key.startsWith(dhtPort.probe.key))
        lines.push(`${key} ${version.wallMs}.${version.counter}.${version.writer} ${deleted}`)
  return lines.toSorted().join('\n')
}
