import { baseError } from './base-errors.js'

/** How many replicas must hold a write, or answer a read, before the caller hears. */
export type Level = 'local' | 'quorum' | 'all' | number

/** What "holds it" means: synced to disk, or in memory only. Every receipt states it. */
export type Durability = 'disk' | 'memory'

/** The smallest majority: any two of them share a replica. A lone node's quorum is itself. */
export const quorumOf = (replicas: number): number => Math.floor(replicas / 2) + 1

/**
 * Replicas that a level asks for, given how many the key has. A number above that cannot be
 * reached: such a write stays pending, such a read is unavailable.
 */
export const replicasFor = (level: Level, replicas: number): number => {
  if (level === 'local') return 1
  if (level === 'quorum') return quorumOf(replicas)
  if (level === 'all') return replicas
  if (Number.isInteger(level) && level >= 1) return level
  throw baseError('INVALID_ARGUMENT', `the level must be local, quorum, all or an integer from 1`)
}
