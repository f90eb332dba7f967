import type { Call } from '../../src/history.js'

let made = 0

type Given = Partial<Call> & { readonly at: readonly [sentMs: number, endedMs: number] }

const callOf = (
  kind: Call['kind'],
  key: string,
  { at: [sentMs, endedMs], ...given }: Given,
): Call => ({
  id: made++,
  kind,
  key,
  keyClass: 'quorum',
  node: 1,
  level: 'quorum',
  dueMs: sentMs,
  sentMs,
  endedMs,
  outcome: 'ok',
  tries: 1,
  ...given,
})

/** A write of a history made by hand; acknowledged at a quorum by node 1 unless told otherwise. */
export const put = (key: string, value: string, given: Given): Call =>
  callOf('put', key, { value, ...given })

export const get = (key: string, found: string | null, given: Given): Call =>
  callOf('get', key, { found, ...given })
