import { apiError, type InputOf, type OutputOf } from '@bzzz/api'
import type { AbortOptions } from '@bzzz/base'
import type { DHTRecord } from '@bzzz/dht-core'
import type { Explained, Explanation } from '@bzzz/hybrid'
import type { NodeDHT } from '../backend.js'

type Read = OutputOf<'get'>

const explained = ({
  source,
  reason,
  staleForMs,
}: Explanation): NonNullable<Read['explanation']> => ({
  source,
  reason,
  ...(staleForMs !== undefined && { staleForMs: Math.max(0, staleForMs) }),
})

const found = (key: string, record: DHTRecord | undefined, explanation?: Explanation): Read => {
  const telling = explanation === undefined ? {} : { explanation: explained(explanation) }
  if (record === undefined)
    throw apiError('API_RECORD_NOT_FOUND', `there is no record under ${JSON.stringify(key)}`, {
      details: telling,
    })
  const { value, version, expiresAtMs } = record
  return { key, value, version, ...(expiresAtMs !== undefined && { expiresAtMs }), ...telling }
}

/** Reads a record. Rejects with `API_RECORD_NOT_FOUND`, and with the codes of the DHT. */
export const readRecord = async (
  dht: NodeDHT,
  { key, explain, ...options }: InputOf<'get'>,
  { signal }: AbortOptions,
): Promise<Read> => {
  if (explain !== true) return found(key, await dht.get(key, { ...options, signal }))
  const { answer, explanation }: Explained<DHTRecord | undefined> = await dht.get(key, {
    ...options,
    signal,
    explain: true,
  })
  return found(key, answer, explanation)
}
