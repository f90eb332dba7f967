import { resolve } from 'node:path'
import { createClient, type Client } from '@bzzz/api'
import { dataDirectoryAt } from '../data/data-directory.js'
import { isLockHeld } from '../data/lock-probe.js'
import { isRunning, readRuntime } from '../data/runtime-file.js'
import { readToken } from '../data/token-file.js'
import { coordinatorError } from '../errors.js'
import type { Io } from './io.js'
import { loadSettings } from './load-settings.js'
import { usageError } from './usage-error.js'

export interface ConnectionOptions {
  readonly config?: string
  readonly dataDirectory?: string
  readonly url?: string
  readonly tokenFile?: string
}

const clientAt = (baseUrl: string, token: string | undefined): Client =>
  createClient({ baseUrl, token, fetch })

/** A client of the coordinator that runs on a data directory. Throws `COORDINATOR_NOT_RUNNING`. */
export const connectTo = async (dataDirectory: string): Promise<Client> => {
  const directory = dataDirectoryAt(dataDirectory)
  const runtime = await readRuntime(directory.runtimeFile)
  if (runtime === undefined)
    throw coordinatorError('COORDINATOR_NOT_RUNNING', `nothing runs on ${directory.path}`)
  // The token goes to nobody else: after a kill, the id and the port may belong to another program.
  if (!isRunning(runtime.pid) || !isLockHeld(directory.lockFile))
    throw coordinatorError(
      'COORDINATOR_NOT_RUNNING',
      `nothing runs on ${directory.path}; process ${runtime.pid} did, and ended without saying so`,
    )
  return clientAt(runtime.url, await readToken(directory.tokenFile))
}

/** A client of the coordinator that the options and the settings name. */
export const connect = async (io: Io, options: ConnectionOptions): Promise<Client> => {
  if (options.url !== undefined) {
    // The token of the local data directory is sent to no address that the user typed.
    const { tokenFile } = options
    if (tokenFile === undefined) return clientAt(options.url, undefined)
    const token = await readToken(resolve(io.cwd, tokenFile), { followLinks: true })
    if (token === undefined) throw usageError(`there is no token at ${tokenFile}`)
    return clientAt(options.url, token)
  }
  if (options.tokenFile !== undefined)
    throw usageError('--token-file is for a coordinator at --url: name that as well')
  const { dataDirectory } = await loadSettings(io, options.config, {
    'data-directory': options.dataDirectory,
  })
  return connectTo(dataDirectory)
}
