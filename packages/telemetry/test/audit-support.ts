import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditedAction } from '../src/audit/audit-entry.js'

/** Runs the body with the path of an audit file in a directory of its own. */
export const inTemporary = async (
  body: (path: string, directory: string) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'bzzz-audit-'))
  try {
    await body(join(directory, 'audit.jsonl'), directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export const actionOf = (action: string, detail: AuditedAction['detail'] = {}): AuditedAction => ({
  kind: 'action',
  atMs: 5,
  actor: 'admin',
  component: 'dht',
  action,
  detail,
})

export const readLines = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8')).split('\n').slice(0, -1)
