import { crc32, fromUtf8, messageOf, utf8, type Disk } from '@bzzz/base'
import { storeError } from '../errors.js'

/** The greatest of these files, a manifest, names some thousand segments in 200 bytes each. */
const SEALED_BYTES_MAX = 4 * 1024 * 1024

const line = (kind: string, json: string): string => `${kind} ${json}\n`

/** A small file that people can read: a checksum, then one line of JSON after the name of its kind. */
export const seal = (kind: string, content: object): Uint8Array => {
  const text = line(kind, JSON.stringify(content))
  return utf8(`${crc32(utf8(text)).toString(16).padStart(8, '0')} ${text}`)
}

/** Throws `STORE_DAMAGED`. */
export const unseal = (name: string, kind: string, bytes: Uint8Array): Record<string, unknown> => {
  const damaged = (cause?: unknown): Error =>
    storeError('STORE_DAMAGED', `${name} is damaged: its checksum does not match`, {
      cause,
      details: { file: name },
    })
  if (bytes.length > SEALED_BYTES_MAX) throw damaged()
  try {
    const text = fromUtf8(bytes.subarray(9))
    const isWhole =
      fromUtf8(bytes.subarray(0, 9)) ===
        `${crc32(bytes.subarray(9)).toString(16).padStart(8, '0')} ` &&
      text.startsWith(`${kind} `) &&
      text.endsWith('\n')
    if (!isWhole) throw damaged()
    return JSON.parse(text.slice(kind.length + 1)) as Record<string, unknown>
  } catch (error) {
    throw damaged(error)
  }
}

/** The content, or undefined when there is no such file. Throws `STORE_DAMAGED`. */
export const readSealed = async (
  disk: Disk,
  name: string,
  kind: string,
): Promise<Record<string, unknown> | undefined> => {
  const bytes = await disk.readFile(name)
  return bytes === undefined ? undefined : unseal(name, kind, bytes)
}

/** Replaces a whole file: whatever interrupts it, the old content is there or the new one, durable. */
export const replaceFile = async (disk: Disk, name: string, bytes: Uint8Array): Promise<void> => {
  const temporary = `${name}.tmp`
  const file = await disk.open(temporary, { create: true })
  try {
    if (file.size > 0) await file.truncate(0)
    await file.append(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, name)
  try {
    await disk.syncDirectory()
  } catch (cause) {
    // Even on a full disk: nobody knows now which of the two contents a crash would leave.
    throw storeError('STORE_FAILED', `${name} could not be synced: ${messageOf(cause)}`, {
      cause,
      details: { file: name },
    })
  }
}
