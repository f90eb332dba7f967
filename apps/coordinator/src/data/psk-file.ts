import { fromHex } from '@bzzz/base'
import { coordinatorError } from '../errors.js'
import { readPrivateFile } from './private-file.js'

/** The format that libp2p's own key generators write. */
const SWARM_KEY = /^\/key\/swarm\/psk\/1\.0\.0\/\s+\/base16\/\s+([0-9a-f]{64})\s*$/i

/** The private network key, 32 bytes, from a file in libp2p's format. Never quotes its content. */
export const readPskFile = async (file: string): Promise<Uint8Array> => {
  const text = await readPrivateFile(file, { followLinks: true })
  if (text === undefined)
    throw coordinatorError('PSK_INVALID', `there is no private network key at ${file}`)
  const hex = SWARM_KEY.exec(text)?.[1]
  if (hex === undefined)
    throw coordinatorError('PSK_INVALID', `${file} does not hold a private network key`)
  return fromHex(hex)
}
