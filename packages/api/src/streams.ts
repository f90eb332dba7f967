import { z } from 'zod'
import { invalid } from './issues.js'
import { defineStream } from './operation.js'
import { switchEvent } from './schemas/mode.js'

/** Every stream of a coordinator, once. */
export const streams = {
  switches: defineStream({
    summary:
      'Every switch of a side, a phase or a mode, every alert and every drill, as it happens.',
    role: 'read',
    path: '/v1/switches',
    item: switchEvent,
    errors: ['API_STREAMS_FULL'],
  }),
}

export type Streams = typeof streams
export type StreamName = keyof Streams

/** One event of a stream. */
export type ItemOf<N extends StreamName> = z.output<Streams[N]['item']>

export const streamNames = Object.keys(streams) as readonly StreamName[]

/** The JSON of an item. Throws `API_RESPONSE_INVALID` when it is something else. */
export const encodeItem = <N extends StreamName>(name: N, item: ItemOf<N>): string => {
  const result = z.safeEncode(streams[name].item, item)
  if (!result.success) throw invalid('API_RESPONSE_INVALID', result.error)
  return JSON.stringify(result.data)
}

/** Reads the JSON of an item; undefined for one that only a newer coordinator knows. */
export const decodeItem = <N extends StreamName>(name: N, json: string): ItemOf<N> | undefined => {
  let wire: unknown
  try {
    wire = JSON.parse(json)
  } catch {
    return undefined
  }
  const result = z.safeDecode(streams[name].item, wire as never)
  return result.success ? (result.data as ItemOf<N>) : undefined
}
