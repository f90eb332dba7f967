import type { Disk } from '@bzzz/base'
import { storeError } from '../errors.js'
import { readSealed, replaceFile, seal } from './sealed-file.js'

export const MANIFEST_FILE = 'manifest'
const KIND = 'bzzz-manifest'

/**
 * - `log`: frames in the order of their commits.
 * - `merged`: what compaction kept of other segments; its order means nothing.
 */
export type SegmentKind = 'log' | 'merged'

/** How a segment ends; known once nothing is appended to it any more. */
export interface SegmentEnd {
  readonly bytes: number
  readonly frame: number
  readonly hash: string
}

export interface SegmentRow {
  readonly number: number
  readonly kind: SegmentKind
  /** Absent for the one that is being written. */
  readonly end?: SegmentEnd | undefined
}

/** Which segments are the store. A file that it does not name is left over from an interrupted step. */
export interface Manifest {
  readonly storeId: string
  readonly segments: readonly SegmentRow[]
}

const damaged = (): Error =>
  storeError('STORE_DAMAGED', `${MANIFEST_FILE} lacks a field`, {
    details: { file: MANIFEST_FILE },
  })

const checkRow = (row: SegmentRow): SegmentRow => {
  const { number, kind, end } = row
  const isWhole =
    Number.isSafeInteger(number) &&
    (kind === 'log' || kind === 'merged') &&
    (end === undefined ||
      (Number.isSafeInteger(end.bytes) &&
        Number.isSafeInteger(end.frame) &&
        typeof end.hash === 'string'))
  if (!isWhole) throw damaged()
  return row
}

/** Undefined when there is none. Throws `STORE_DAMAGED`. */
export const readManifest = async (disk: Disk): Promise<Manifest | undefined> => {
  const content = await readSealed(disk, MANIFEST_FILE, KIND)
  if (content === undefined) return undefined
  const { storeId, segments } = content
  if (typeof storeId !== 'string' || !Array.isArray(segments)) throw damaged()
  return { storeId, segments: (segments as SegmentRow[]).map(checkRow) }
}

export const writeManifest = (disk: Disk, manifest: Manifest): Promise<void> =>
  replaceFile(disk, MANIFEST_FILE, seal(KIND, manifest))
