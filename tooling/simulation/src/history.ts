import { compareVersions, type Level, type Version } from '@bzzz/base'

export type Kind = 'put' | 'delete' | 'swap' | 'get'

/**
 * - `open`: what it did, if anything, is not known.
 * - `answered`: a read's answer, "there is none" included.
 * - `acknowledged`, `pending`: what the receipt says.
 * - `conflict`: the condition did not hold.
 * - `unavailable`: a read that nobody could answer.
 */
export type Outcome = 'open' | 'answered' | 'acknowledged' | 'pending' | 'conflict' | 'unavailable'

/** One call of a client, with all of its retries under one operation id. */
export interface Call {
  readonly id: number
  readonly node: number
  readonly kind: Kind
  readonly key: string
  readonly level: Level | undefined
  readonly opId: string
  /** Written; no two calls write the same. Null for a delete. */
  readonly value: string | null
  /** What a swap expected. */
  readonly expected?: string | null
  readonly allowStale?: boolean
  readonly startMs: number
  endMs: number
  outcome: Outcome
  /** Starts of the node's process by then. */
  boot: number
  found?: string | null
  /** Of the receipt, or of what was read. */
  version?: Version | undefined
  /** The level that the receipt states. */
  reached?: Level
  /** The node was in mode `mock` at some time of the call, and its own quorum. */
  isAlone: boolean
  /** When the node began to leave the mesh for that stay. */
  leftMs?: number
  tries: number
  problem?: string
}

export const isWrite = ({ kind }: Call): boolean => kind !== 'get'

/** A write that the node has promised to keep. */
export const isKept = ({ outcome }: Call): boolean =>
  outcome === 'acknowledged' || outcome === 'pending'

/** At a quorum of the mesh, not of one node alone. */
export const isAtQuorum = ({ outcome, reached, level, isAlone }: Call): boolean =>
  outcome === 'acknowledged' && !isAlone && (reached ?? level) === 'quorum'

const versionText = (version: Version | undefined): string =>
  version === undefined ? '' : `@${version.wallMs % 1e7}.${version.counter}.${version.writer}`

export const describe = (call: Call): string => {
  const { kind, key, node, level = 'default', value, outcome, found, expected } = call
  const what =
    kind === 'get'
      ? `get ${key} -> ${outcome === 'answered' ? String(found) : outcome}`
      : `${kind} ${key} = ${value}${expected === undefined ? '' : ` if ${expected}`}: ${outcome}`
  const told = [
    versionText(call.version),
    call.reached === undefined ? '' : `reached ${call.reached}`,
    call.tries > 1 ? `${call.tries} tries` : '',
    call.isAlone ? 'alone' : '',
    call.problem ?? '',
  ]
  return `${call.startMs.toFixed(1)}..${call.endMs.toFixed(1)} node ${node} (${level}) ${what} ${told
    .filter((part) => part !== '')
    .join(' ')}`
}

/** What clients did, and what the stores committed. */
export class History {
  readonly calls: Call[] = []
  readonly #byKey = new Map<string, Call[]>()
  /** The newest version of each operation that any store committed. */
  readonly #newest = new Map<string, Version>()

  begin(call: Omit<Call, 'id' | 'endMs' | 'outcome' | 'isAlone' | 'tries' | 'boot'>): Call {
    const begun: Call = {
      ...call,
      id: this.calls.length,
      endMs: Infinity,
      outcome: 'open',
      isAlone: false,
      tries: 0,
      boot: 0,
    }
    this.calls.push(begun)
    const others = this.#byKey.get(call.key)
    if (others === undefined) this.#byKey.set(call.key, [begun])
    else others.push(begun)
    return begun
  }

  committed(opId: string, version: Version): void {
    const known = this.#newest.get(opId)
    if (known === undefined || compareVersions(known, version) < 0) this.#newest.set(opId, version)
  }

  /** Where the operation stands now; undefined where no store ever committed it. */
  versionOf({ opId, version }: Call): Version | undefined {
    return this.#newest.get(opId) ?? version
  }

  of(key: string): readonly Call[] {
    return this.#byKey.get(key) ?? []
  }

  get keys(): string[] {
    return [...this.#byKey.keys()]
  }

  get acknowledged(): number {
    return this.calls.filter((call) => isWrite(call) && isKept(call)).length
  }
}
