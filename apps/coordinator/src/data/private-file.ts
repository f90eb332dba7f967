import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** Nothing that is read here is longer; a bigger file is not ours. */
const PRIVATE_FILE_BYTES_MAX = 64 * 1024

const syncDirectoryOf = async (file: string): Promise<void> => {
  const handle = await open(dirname(file), constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const writeBeside = async (file: string, text: string): Promise<string> => {
  // A name of its own: two calls at once must not write into one file.
  const beside = `${file}.${randomUUID()}.tmp`
  const handle = await open(beside, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return beside
}

export interface ReadOptions {
  /** For a file that the user named, which may be a link. Default false. */
  readonly followLinks?: boolean
}

/** Root may use the files of others, and its own rights protect what it reads. */
const isForeign = (uid: number): boolean => {
  const own = process.getuid?.()
  return own !== undefined && own !== 0 && own !== uid
}

/** Never waits, as it would for the writer of a pipe. What is checked is what is then read. */
const openPrivateFile = async (file: string, followLinks: boolean): Promise<FileHandle> => {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK
  try {
    return await open(file, followLinks ? flags : flags | constants.O_NOFOLLOW)
  } catch (error) {
    if (codeOf(error) !== 'ELOOP') throw error
    throw coordinatorError('DATA_DIRECTORY_UNUSABLE', `${file} is a link: it is not ours`)
  }
}

/** The text, or undefined when there is no such file. Refuses one that others may read, or own. */
export const readPrivateFile = async (
  file: string,
  { followLinks = false }: ReadOptions = {},
): Promise<string | undefined> => {
  try {
    await using handle = await openPrivateFile(file, followLinks)
    const stats = await handle.stat()
    const { mode, size, uid } = stats
    if (!stats.isFile())
      throw coordinatorError('DATA_DIRECTORY_UNUSABLE', `${file} is not a regular file`)
    if (isForeign(uid))
      throw coordinatorError('DATA_DIRECTORY_UNSAFE', `${file} belongs to another user`)
    if ((mode & 0o077) !== 0)
      throw coordinatorError(
        'DATA_DIRECTORY_UNSAFE',
        `others may read ${file}: chmod 600 it, and replace it if they might have`,
      )
    if (size > PRIVATE_FILE_BYTES_MAX)
      throw coordinatorError('DATA_DIRECTORY_UNUSABLE', `${file} has ${size} bytes: it is not ours`)
    return await handle.readFile('utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces the file whole (0600): readers see the old text or the new one. */
export const replacePrivateFile = async (file: string, text: string): Promise<void> => {
  await rename(await writeBeside(file, text), file)
  await syncDirectoryOf(file)
}

/** Creates the file (0600) unless there is one. False when another process was first. */
export const createPrivateFile = async (file: string, text: string): Promise<boolean> => {
  const beside = await writeBeside(file, text)
  try {
    // A link fails where a rename would overwrite.
    await link(beside, file)
    await syncDirectoryOf(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(beside)
  }
}
