import type { Disk } from '@bzzz/base'
import { storeError } from '../errors.js'
import { readSealed, replaceFile, seal } from './sealed-file.js'

const KIND = 'bzzz-mark'

/**
 * High-water mark: how far this store has acknowledged. Kept apart from the log, best beside its
 * directory, it tells an emptied, swapped or restored directory from a new one, and a damaged last
 * batch from one that was never acknowledged.
 */
export interface Mark {
  readonly storeId: string
  readonly epoch: number
  /** The last frame that was synced when the mark was written. */
  readonly frame: number
  /** Its hash, hexadecimal. */
  readonly hash: string
}

/** Where the mark is kept. */
export interface MarkPlace {
  readonly disk: Disk
  readonly name: string
}

/** Undefined when there is none. Throws `STORE_DAMAGED`. */
export const readMark = async (place: MarkPlace): Promise<Mark | undefined> => {
  const content = await readSealed(place.disk, place.name, KIND)
  if (content === undefined) return undefined
  const { storeId, epoch, frame, hash } = content
  const isWhole =
    typeof storeId === 'string' &&
    typeof hash === 'string' &&
    Number.isSafeInteger(epoch) &&
    Number.isSafeInteger(frame)
  if (!isWhole)
    throw storeError('STORE_DAMAGED', `${place.name} lacks a field`, {
      details: { file: place.name },
    })
  return { storeId, epoch: epoch as number, frame: frame as number, hash }
}

export const writeMark = (place: MarkPlace, mark: Mark): Promise<void> =>
  replaceFile(place.disk, place.name, seal(KIND, mark))
