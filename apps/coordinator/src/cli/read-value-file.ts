import { VALUE_BYTES_MAX, apiError } from '@bzzz/api'
import { messageOf, throwIfAborted } from '@bzzz/base'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { usageError } from './usage-error.js'

const openFile = async (path: string): Promise<FileHandle> => {
  try {
    // Opened without waiting: a pipe that nobody writes to would hold us for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw usageError(`the file of the value cannot be read: ${messageOf(error)}`)
  }
}

/**
 * The bytes of a regular file, which may hold a value of at most 1 MiB. Its size is not believed: files
 * of /proc have none, and others grow. Throws `CLI_USAGE`, `API_BODY_TOO_LARGE` or `ABORTED`.
 */
export const readValueFile = async (path: string, signal: AbortSignal): Promise<Uint8Array> => {
  await using handle = await openFile(path)
  if (!(await handle.stat()).isFile()) throw usageError(`${path} is not a regular file`)
  const bytes = new Uint8Array(VALUE_BYTES_MAX + 1)
  let length = 0
  for (;;) {
    throwIfAborted(signal)
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) return bytes.subarray(0, length)
    length += bytesRead
    if (length > VALUE_BYTES_MAX)
      throw apiError('API_BODY_TOO_LARGE', `${path} has more than ${VALUE_BYTES_MAX} bytes`)
  }
}
