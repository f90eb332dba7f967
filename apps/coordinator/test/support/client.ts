import { createClient, type Client } from '@bzzz/api'
import { readToken } from '../../src/data/token-file.js'
import { dataDirectoryAt } from '../../src/data/data-directory.js'
import type { CoordinatorProcess } from '../../src/process/coordinator-process.js'

/** A client with the token of the coordinator. */
export const clientOf = async ({ url, dataDirectory }: CoordinatorProcess): Promise<Client> =>
  createClient({
    baseUrl: url,
    token: await readToken(dataDirectoryAt(dataDirectory).tokenFile),
    fetch,
  })
