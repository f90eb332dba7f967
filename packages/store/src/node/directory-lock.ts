import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '@bzzz/base'
import { storeError } from '../errors.js'

const LOCK_FILE = 'lock'
const HOLDER_FILE = 'lock-holder'
const SQLITE_BUSY = 5

/** Gives the lock back. Calling it twice is fine. */
export type Unlock = () => void

/**
 * Locks a directory against other processes and other stores of this one, until it is given back
 * or the process ends, however it ends. Throws `STORE_LOCKED`.
 *
 * Node offers no lock of the operating system. SQLite, which Node carries, takes one on an empty
 * database (fcntl, LockFileEx), and the kernel lets go of it even after `kill -9`; a file with a
 * process id goes stale, and misleads where process ids are reused or namespaces differ.
 */
export const lockDirectory = (directory: string): Unlock => {
  const database = guarded(directory, () => new DatabaseSync(join(directory, LOCK_FILE)))
  try {
    guarded(directory, () => {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    })
  } catch (error) {
    database.close()
    throw error
  }
  tellHolder(directory)
  return () => {
    if (database.isOpen) database.close()
  }
}

/** Errors of SQLite as the store's own. */
const guarded = <T>(directory: string, attempt: () => T): T => {
  try {
    return attempt()
  } catch (cause) {
    const isHeld = (cause as { errcode?: unknown }).errcode === SQLITE_BUSY
    throw storeError(
      isHeld ? 'STORE_LOCKED' : 'STORE_FAILED',
      isHeld
        ? `${directory} is open in ${holderOf(directory)}`
        : `${directory} cannot be locked: ${messageOf(cause)}`,
      { cause, details: { directory } },
    )
  }
}

/** For the message only: the lock itself does not depend on it, so a full disk may prevent it. */
const tellHolder = (directory: string): void => {
  try {
    writeFileSync(join(directory, HOLDER_FILE), String(process.pid), { mode: 0o600 })
  } catch {
    // The message will name no process.
  }
}

const holderOf = (directory: string): string => {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, HOLDER_FILE), 'utf8'), 10)
    return Number.isInteger(pid) ? `process ${pid}` : 'another process'
  } catch (error) {
    return `another process (its id is unknown: ${messageOf(error)})`
  }
}
