import { codeOf, fromHex, fromUtf8, messageOf, systemRandom, toHex, utf8 } from '@bzzz/base'
import { createSigner, SEED_BYTES } from '@bzzz/crypto'
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hostError } from './errors.js'

/** A node's key on disk. */
export interface Identity {
  /** Ed25519 seed, 32 bytes. Secret. */
  readonly seed: Uint8Array
  /** The peer id that libp2p shows for it. */
  readonly peerId: string
  /** True when the file was made by this call. */
  readonly created: boolean
}

const FORMAT = 'bzzz-identity/1'

const FILE_BYTES_MAX = 1_024

/** Rights of the group and of others. */
const OTHERS = 0o077

/**
 * Reads the identity in a file, or makes one there: mode 0600, complete and durable before it has
 * its name, never over an existing one. Rejects with `IDENTITY_EXPOSED`, `IDENTITY_DAMAGED`,
 * `IDENTITY_FAILED`. Errors name the file, never what is in it.
 */
export const loadIdentity = async (file: string): Promise<Identity> => {
  try {
    const existing = await readIdentity(file)
    if (existing !== undefined) return existing
    const seed = systemRandom.bytes(SEED_BYTES)
    if (await createFile(file, encode(seed)))
      return { seed, peerId: createSigner(seed).peerId, created: true }
    // Another process was faster: there is one identity, its.
    const other = await readIdentity(file)
    if (other !== undefined) return other
  } catch (error) {
    if (codeOf(error)?.startsWith('IDENTITY_') === true) throw error
    throw hostError('IDENTITY_FAILED', `${file}: ${messageOf(error)}`, { cause: error })
  }
  throw hostError('IDENTITY_FAILED', `${file} comes and goes`)
}

const readIdentity = async (file: string): Promise<Identity | undefined> => {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (handle === undefined) return undefined
  try {
    await assertPrivate(handle, file)
    return decode(await readSome(handle), file)
  } finally {
    await handle.close()
  }
}

const assertPrivate = async (handle: FileHandle, file: string): Promise<void> => {
  const { mode } = await handle.stat()
  // Windows has other means than these bits.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return
  const octal = (mode & 0o777).toString(8)
  throw hostError('IDENTITY_EXPOSED', `${file} has mode ${octal}; it must be 600`)
}

const readSome = async (handle: FileHandle): Promise<Uint8Array> => {
  const buffer = new Uint8Array(FILE_BYTES_MAX)
  const { bytesRead } = await handle.read(buffer, 0, FILE_BYTES_MAX, 0)
  return buffer.subarray(0, bytesRead)
}

/** The peer id is there for the reader, and as the checksum of the seed. */
const encode = (seed: Uint8Array): Uint8Array => {
  const { peerId } = createSigner(seed)
  return utf8(`${JSON.stringify({ format: FORMAT, peerId, seed: toHex(seed) })}\n`)
}

const decode = (bytes: Uint8Array, file: string): Identity => {
  const seed = seedIn(bytes)
  if (seed === undefined)
    throw hostError('IDENTITY_DAMAGED', `${file} does not hold a complete identity`)
  return { seed, peerId: createSigner(seed).peerId, created: false }
}

// What is wrong is not told: the text of a parser's error quotes what it read.
const seedIn = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    const { format, peerId, seed } = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>
    if (format !== FORMAT || typeof seed !== 'string' || seed.length !== 2 * SEED_BYTES)
      return undefined
    const parsed = fromHex(seed)
    return createSigner(parsed).peerId === peerId ? parsed : undefined
  } catch {
    return undefined
  }
}

/** False when the file is there already. */
const createFile = async (file: string, bytes: Uint8Array): Promise<boolean> => {
  const temporary = `${file}.${toHex(systemRandom.bytes(8))}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    const isOurs = await giveName(temporary, file)
    if (isOurs) await syncDirectory(dirname(file))
    return isOurs
  } finally {
    await rm(temporary, { force: true })
  }
}

/** A link, unlike a rename, never replaces what another process has just put there. */
const giveName = async (temporary: string, file: string): Promise<boolean> => {
  try {
    await link(temporary, file)
    return true
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'EEXIST') return false
    // A file system without links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
    await rename(temporary, file)
    return true
  }
}

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
