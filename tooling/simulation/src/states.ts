import { sometimesOf, type Sometimes } from '@bzzz/sim'

const NAMES = [
  'a default write was acknowledged by a quorum',
  'a default write fell back to the store',
  'a write was left pending',
  'a write was acknowledged at a later try',
  'a condition held',
  'a condition did not hold',
  'a read was unavailable',
  'a read told of absence',
  'the disk was full for a write',
  'a write failed with its disk',
  'a machine lost its power',
  'a process was killed',
  'a process hung',
  'a node was cut off',
  'a link was cut one way',
  'the mesh was split',
  'links were slow',
  'messages were lost and doubled',
  'a disk was full',
  'a sync failed',
  'a clock jumped',
  'an old copy of a disk was started',
  'a node fell back by itself',
  'real served again after a fallback',
  'a node left the mesh after a copy',
  'a node left the mesh at once',
  'a node could not leave the mesh',
  'a node joined the mesh again',
  'a node entered mode real',
  'a node could not enter mode real',
  'a node entered mode shadow',
  'the share of real was changed',
  'a node died while it changed its mode',
  'dirty records were sent after healing',
] as const

export type State = (typeof NAMES)[number]
export type States = Sometimes<State>

export const newStates = (): States => sometimesOf(...NAMES)

/** Adds the counts of one run to a sum. */
export const addStates = (sum: Record<string, number>, states: Record<string, number>): void => {
  for (const [name, count] of Object.entries(states)) sum[name] = (sum[name] ?? 0) + count
}

/** Situations that never came about. */
export const unreached = (sum: Readonly<Record<string, number>>): string[] =>
  NAMES.filter((name) => (sum[name] ?? 0) === 0)
