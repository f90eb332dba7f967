import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** The file's bytes, or undefined when it has more than `max`, whatever its size said before. */
export const readAtMost = async (path: string, max: number): Promise<Uint8Array | undefined> => {
  // A link that took the file's place since it was looked at is not followed.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = await handle.stat()
    if (size > max) return undefined
    // One byte more than expected, so that growth shows.
    const bytes = new Uint8Array(size + 1)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) return bytes.subarray(0, length)
      length += bytesRead
    }
    return undefined
  } finally {
    await handle.close()
  }
}
