/** Which promise a key is used under. Its keys begin with this word. */
export type KeyClass = 'once' | 'own' | 'shared' | 'quorum'

export type Outcome =
  /** Answered: a record, "there is none", or a receipt that says `acknowledged`. */
  | 'ok'
  /** A receipt that says `pending`: this node has logged it, the level asked for is not reached. */
  | 'pending'
  /** A conditional write that was refused, as the record was at another version. */
  | 'conflict'
  /** Refused with the word that nothing was done. */
  | 'unavailable'
  /** Anything else: what it did, if anything, is not known. */
  | 'unknown'

/** One call of a client, with all of its retries. Times are wall milliseconds with a fraction. */
export interface Call {
  readonly id: number
  readonly kind: 'put' | 'get'
  readonly keyClass: KeyClass
  readonly key: string
  readonly node: number
  readonly level: 'local' | 'quorum' | undefined
  /** Written; no two calls write the same. */
  readonly value?: string | undefined
  /** What a conditional write expected: the value and the version read before, null for none. */
  readonly expected?: { readonly value: string; readonly version: string } | null | undefined
  /** When it was to be made, by the plan of the load. */
  readonly dueMs: number
  /** When it was made. */
  readonly sentMs: number
  endedMs: number
  outcome: Outcome
  /** Error code, or HTTP status, of the last try that failed. */
  problem?: string
  /** What a read found; null for none. */
  found?: string | null
  /** Of the record that was read, or of the receipt. */
  version?: string
  tries: number
}

export const isWrite = ({ kind }: Call): boolean => kind === 'put'

/** A write that the node has promised to keep. */
export const isKept = ({ kind, outcome }: Call): boolean =>
  kind === 'put' && (outcome === 'ok' || outcome === 'pending')

/** One line for whoever reads a history. */
export const describeCall = (call: Call): string => {
  const { kind, key, node, level = 'default', value, outcome, found, version, problem } = call
  const condition = call.expected === undefined ? '' : ` if ${call.expected?.value}`
  const what = kind === 'put' ? `put ${key} = ${value}${condition}` : `get ${key} -> ${found}`
  const told = [outcome, version, problem].filter((part) => part !== undefined).join(' ')
  return `${call.sentMs.toFixed(1)}..${call.endedMs.toFixed(1)} node ${node} ${what} at ${level}: ${told}`
}

/** Groups by key, in order of the first call. */
export const byKey = (calls: readonly Call[]): Map<string, Call[]> => {
  const groups = new Map<string, Call[]>()
  for (const call of calls) {
    const group = groups.get(call.key)
    if (group === undefined) groups.set(call.key, [call])
    else group.push(call)
  }
  return groups
}

/** Orders versions as the DHT does: `<wallMs>.<counter>.<writer>`. */
export const compareVersionTexts = (a: string, b: string): number => {
  const [aWall = '0', aCounter = '0', ...aWriter] = a.split('.')
  const [bWall = '0', bCounter = '0', ...bWriter] = b.split('.')
  const byTime = Number(aWall) - Number(bWall) || Number(aCounter) - Number(bCounter)
  if (byTime !== 0) return byTime
  const [left, right] = [aWriter.join('.'), bWriter.join('.')]
  return left < right ? -1 : left > right ? 1 : 0
}
