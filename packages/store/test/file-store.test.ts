import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from '@jest/globals'
import { storeContract } from '../src/contract/index.js'
import { FileStore } from '../src/node/file-store.js'

const root = mkdtempSync(join(tmpdir(), 'bzzz-store-'))
let made = 0

afterAll(() => {
  rmSync(root, { recursive: true })
})

storeContract(
  { describe, it },
  {
    name: 'in a directory',
    createStore: (setup) =>
      new FileStore({ ...setup, directory: join(root, String(made++)), ballastBytes: 0 }),
    reopen: (stopped, setup) =>
      new FileStore({ ...setup, directory: (stopped as FileStore).directory, ballastBytes: 0 }),
  },
)
