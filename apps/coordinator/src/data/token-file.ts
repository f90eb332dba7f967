import type { Random } from '@bzzz/base'
import { coordinatorError } from '../errors.js'
import { createPrivateFile, readPrivateFile, type ReadOptions } from './private-file.js'

const TOKEN_BYTES = 32

const parse = (text: string, file: string): string => {
  const token = text.trim()
  if (!/^[\w-]{43}$/.test(token))
    throw coordinatorError(
      'DATA_DIRECTORY_UNUSABLE',
      `${file} does not hold a token: delete it, and the next start makes a new one`,
    )
  return token
}

/** The token of this data directory, or undefined before the first start. */
export const readToken = async (
  file: string,
  options?: ReadOptions,
): Promise<string | undefined> => {
  const text = await readPrivateFile(file, options)
  return text === undefined ? undefined : parse(text, file)
}

/** The token of this data directory; made on the first start. */
export const loadToken = async (file: string, random: Random): Promise<string> => {
  const known = await readToken(file)
  if (known !== undefined) return known
  const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
  await createPrivateFile(file, `${token}\n`)
  return (await readToken(file)) ?? token
}
