import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/**
 * Whether a process holds the lock of a data directory now. The kernel lets go of it when the holder ends, so
 * that it tells what a process id cannot: ids are given to other processes. Reading asks for a shared
 * lock, which only a holder with write access can keep from us.
 */
export const isLockHeld = (lockFile: string): boolean => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lockFile, { readOnly: true })
    database.prepare('SELECT 1 FROM sqlite_schema').all()
    return false
  } catch (error) {
    return (error as { errcode?: unknown }).errcode === SQLITE_BUSY
  } finally {
    database?.close()
  }
}
