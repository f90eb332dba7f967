import { messageOf } from '@bzzz/base'
import { parseSnapshot, type FlagSnapshot } from '@bzzz/hybrid/flags'
import { coordinatorError } from '../errors.js'
import { readPrivateFile, replacePrivateFile } from './private-file.js'

/**
 * The overrides that were in force when they were last written. Throws `OVERRIDES_UNREADABLE`: a node that
 * was taken out of the mesh must not go back into it because of a damaged file.
 */
export const readOverrides = async (file: string): Promise<FlagSnapshot | undefined> => {
  const text = await readPrivateFile(file)
  if (text === undefined) return undefined
  try {
    return parseSnapshot(JSON.parse(text))
  } catch (error) {
    throw coordinatorError('OVERRIDES_UNREADABLE', `${file}: ${messageOf(error)}`, { cause: error })
  }
}

export const writeOverrides = (file: string, snapshot: FlagSnapshot): Promise<void> =>
  replacePrivateFile(file, `${JSON.stringify(snapshot, undefined, 2)}\n`)
