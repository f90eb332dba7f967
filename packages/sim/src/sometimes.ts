import { simError } from './errors.js'

/** Counts situations that a simulation must produce to be worth running. */
export interface Sometimes<Name extends string> {
  /** Counts the situation, where `isSo` (default true) holds. */
  (name: Name, isSo?: boolean): void
  /** How often each situation came about. */
  readonly counts: ReadonlyMap<Name, number>
  /** Throws `SIM_UNREACHED` naming the situations that never came about. */
  assertAllReached(): void
}

/** `const sometimes = sometimesOf('a write was refused', 'a replica was behind')`. */
export const sometimesOf = <const Name extends string>(...names: Name[]): Sometimes<Name> => {
  const counts = new Map<Name, number>(names.map((name) => [name, 0]))
  const reach = (name: Name, isSo = true): void => {
    if (isSo) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const assertAllReached = (): void => {
    const missing = names.filter((name) => counts.get(name) === 0)
    if (missing.length > 0)
      throw simError('SIM_UNREACHED', `never came about: ${missing.join(', ')}`)
  }
  return Object.assign(reach, { counts, assertAllReached })
}
