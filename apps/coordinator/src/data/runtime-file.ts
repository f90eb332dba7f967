import { unlink } from 'node:fs/promises'
import { codeOf } from '@bzzz/base'
import { z } from 'zod'
import { readPrivateFile, replacePrivateFile } from './private-file.js'

const runtimeSchema = z.object({
  pid: z.int().positive(),
  /** Base address of the HTTP surface. */
  url: z.url(),
  peerId: z.string().min(1).max(128),
  version: z.string(),
  startedAtMs: z.number(),
})

/** What runs on a data directory, for the command line to find it. */
export type Runtime = z.infer<typeof runtimeSchema>

/** Undefined when there is none, or one that is not readable as such: it is rewritten at each start. */
export const readRuntime = async (file: string): Promise<Runtime | undefined> => {
  const text = await readPrivateFile(file)
  if (text === undefined) return undefined
  try {
    return runtimeSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const writeRuntime = (file: string, runtime: Runtime): Promise<void> =>
  replacePrivateFile(file, `${JSON.stringify(runtime, undefined, 2)}\n`)

/** Removes the file, if there is one. */
export const clearRuntime = async (file: string): Promise<void> => {
  await unlink(file).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
}

/** Removes the file if it is still this process's own. */
export const removeRuntime = async (file: string, pid: number): Promise<void> => {
  if ((await readRuntime(file))?.pid === pid) await clearRuntime(file)
}

/** Whether a process of this user has the id: one of another user is no coordinator of ours. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
