import { pick, type Random } from '@bzzz/base'
import type { Call, KeyClass } from '../history.js'

export type CallPlan = Pick<Call, 'kind' | 'keyClass' | 'key' | 'level' | 'value' | 'expected'>

/** Keys that are written again and again; few enough that their writes meet. */
const OWN_KEYS = 40
const SHARED_KEYS = 40
const QUORUM_KEYS = 48

interface Row {
  /** Of a hundred calls. */
  readonly share: number
  readonly make: (planner: Planner, node: number) => CallPlan
}

/**
 * What clients ask of one node: records that only this node writes, each once or again and again, at `local` and
 * at the default level; records that all nodes write; and a part that asks for quorums and compares versions.
 */
const ROWS: readonly Row[] = [
  { share: 14, make: (planner, node) => planner.write('once', node, undefined) },
  { share: 8, make: (planner, node) => planner.write('once', node, 'local') },
  { share: 5, make: (planner, node) => planner.write('own', node, undefined) },
  { share: 5, make: (planner, node) => planner.write('own', node, 'local') },
  { share: 5, make: (planner, node) => planner.write('shared', node, undefined) },
  { share: 20, make: (planner, node) => planner.read('once', node) },
  { share: 13, make: (planner, node) => planner.read('own', node) },
  { share: 10, make: (planner, node) => planner.read('shared', node) },
  { share: 5, make: (planner, node) => planner.write('quorum', node, 'quorum') },
  { share: 3, make: (planner, node) => planner.exchange(node) },
  { share: 12, make: (planner, node) => planner.read('quorum', node) },
]

/** Chooses what the next call asks for, by a seed and by what earlier calls have told. */
export class Planner {
  readonly #random: Random
  readonly #name: string
  readonly #written = new Map<number, string[]>()
  readonly #known = new Map<string, { readonly value: string; readonly version: string }>()
  #count = 0

  constructor(random: Random, name: string) {
    this.#random = random
    this.#name = name
  }

  next(node: number): CallPlan {
    let at = this.#random.int(100)
    for (const row of ROWS) {
      if (at < row.share) return row.make(this, node)
      at -= row.share
    }
    throw new RangeError('the shares do not make a hundred')
  }

  /** What a call told: the keys that a node now holds, and the versions to build on. */
  learn({ kind, outcome, keyClass, key, node, value, found, version }: Call): void {
    if (outcome !== 'ok') return
    if (kind === 'put' && keyClass === 'once') {
      const keys = this.#written.get(node)
      if (keys === undefined) this.#written.set(node, [key])
      else keys.push(key)
    }
    const text = kind === 'put' ? value : found
    if (keyClass === 'quorum' && version !== undefined && typeof text === 'string')
      this.#known.set(key, { value: text, version })
  }

  write(keyClass: KeyClass, node: number, level: CallPlan['level']): CallPlan {
    const key = keyClass === 'once' ? this.#newKey(node) : this.#keyOf(keyClass, node)
    return { kind: 'put', keyClass, key, level, value: this.#newValue() }
  }

  exchange(node: number): CallPlan {
    const plan = this.write('quorum', node, 'quorum')
    return { ...plan, expected: this.#known.get(plan.key) ?? null }
  }

  read(keyClass: KeyClass, node: number): CallPlan {
    const level = keyClass === 'quorum' ? 'quorum' : undefined
    const written = keyClass === 'once' ? this.#written.get(node) : undefined
    if (keyClass === 'once' && written === undefined) return this.read('own', node)
    const key = written === undefined ? this.#keyOf(keyClass, node) : pick(this.#random, written)
    return { kind: 'get', keyClass, key, level }
  }

  #keyOf(keyClass: KeyClass, node: number): string {
    if (keyClass === 'own') return `own/${this.#name}/${node}/${this.#random.int(OWN_KEYS)}`
    const count = keyClass === 'quorum' ? QUORUM_KEYS : SHARED_KEYS
    return `${keyClass}/${this.#name}/${this.#random.int(count)}`
  }

  #newKey(node: number): string {
    return `once/${this.#name}/${node}/${this.#count}`
  }

  #newValue(): string {
    return `${this.#name}-${this.#count++}`
  }
}
