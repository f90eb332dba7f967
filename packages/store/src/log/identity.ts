import { toHex, type Disk, type Random } from '@bzzz/base'
import { storeError } from '../errors.js'
import { readSealed, replaceFile, seal } from './sealed-file.js'

export const IDENTITY_FILE = 'identity'
const KIND = 'bzzz-store'

/** Format of the files that this version writes; it reads no other. */
export const FORMAT = 1

/** Whose directory it is. */
export interface Identity {
  readonly storeId: string
  readonly writer: string
  /**
   * 8 random bytes, hexadecimal, that begin each frame and never leave the machine: nobody can put
   * into a value what reads as a frame.
   */
  readonly tag: string
}

const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value)

/** Undefined when there is none. Throws `STORE_DAMAGED`, `STORE_FORMAT`. */
export const readIdentity = async (disk: Disk): Promise<Identity | undefined> => {
  const content = await readSealed(disk, IDENTITY_FILE, KIND)
  if (content === undefined) return undefined
  const { format, storeId, writer, tag } = content
  if (format !== FORMAT)
    throw storeError(
      'STORE_FORMAT',
      `${IDENTITY_FILE} states format ${String(format)}; this version reads ${FORMAT}`,
    )
  if (!isHex(storeId, 32) || !isHex(tag, 16) || typeof writer !== 'string')
    throw storeError('STORE_DAMAGED', `${IDENTITY_FILE} lacks a field`, {
      details: { file: IDENTITY_FILE },
    })
  return { storeId, writer, tag }
}

export const createIdentity = async (
  disk: Disk,
  made: { readonly writer: string; readonly random: Random; readonly nowMs: number },
): Promise<Identity> => {
  const identity: Identity = {
    storeId: toHex(made.random.bytes(16)),
    writer: made.writer,
    tag: toHex(made.random.bytes(8)),
  }
  const content = { format: FORMAT, ...identity, createdMs: made.nowMs }
  await replaceFile(disk, IDENTITY_FILE, seal(KIND, content))
  return identity
}
