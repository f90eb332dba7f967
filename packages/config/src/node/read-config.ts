import { codeOf, fromUtf8, messageOf } from '@bzzz/base'
import {
  configError,
  FILE_BYTES_MAX,
  loadConfig,
  type Environment,
  type Fields,
  type FieldTable,
  type Loaded,
  type Overrides,
  type YamlText,
} from '@bzzz/config'
import { open } from 'node:fs/promises'

export interface ReadConfigOptions {
  /** Path of the YAML file. Default: `BZZZ_CONFIG_FILE` of the environment; without it, no file. */
  readonly file?: string | undefined
  /** Default: none; pass `process.env`. */
  readonly env?: Environment | undefined
  /** Values of command-line flags, by name without dashes. */
  readonly overrides?: Overrides | undefined
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a directory'],
])

export const unreadable = (path: string, reason: string, cause?: unknown) =>
  configError('CONFIG_FILE_UNREADABLE', `cannot read the configuration file ${path}: ${reason}`, {
    cause,
    details: { path },
  })

/** Reads at most one byte more than is allowed, whatever the file claims to be. */
const readBounded = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path, 'r')
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(path, 'it is not a regular file')
    const bytes = new Uint8Array(FILE_BYTES_MAX + 1)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** The text of a file within the bound. Throws `CONFIG_FILE_UNREADABLE`. */
export const readText = async (path: string): Promise<YamlText> => {
  let bytes: Uint8Array
  try {
    bytes = await readBounded(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'CONFIG_FILE_UNREADABLE') throw error
    throw unreadable(path, REASONS.get(code ?? '') ?? messageOf(error), error)
  }
  if (bytes.length > FILE_BYTES_MAX)
    throw unreadable(path, `it has more than ${FILE_BYTES_MAX / 1024} KiB`)
  try {
    return { name: path, text: fromUtf8(bytes) }
  } catch (error) {
    throw unreadable(path, 'it is not UTF-8', error)
  }
}

/** The file that the command line names, else that of the environment; undefined: none. */
export const configPath = ({ file, env = {} }: ReadConfigOptions): string | undefined => {
  const path = file ?? env.BZZZ_CONFIG_FILE
  return path === '' ? undefined : path
}

/**
 * Reads the file that the command line or the environment names, and loads the configuration.
 * Throws `CONFIG_FILE_UNREADABLE` or `CONFIG_INVALID`.
 */
export const readConfig = async <F extends Fields>(
  table: FieldTable<F>,
  options: ReadConfigOptions,
): Promise<Loaded<F>> => {
  const { env = {}, overrides = {} } = options
  const path = configPath(options)
  const text = path === undefined ? undefined : await readText(path)
  return loadConfig(table, { file: text, env, overrides })
}
