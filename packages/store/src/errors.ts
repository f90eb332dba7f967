import { defineErrors } from '@bzzz/base'

/** Error codes of the store. */
export const storeError = defineErrors({
  STORE_RECORD_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'A write or a record is outside the limits of the store.',
    remedy: 'Correct the field that the message names.',
  },
  STORE_CONFLICT: {
    verdict: 'answered',
    http: 409,
    meaning: 'The record is not at the version that the caller expected.',
    remedy: 'Read it again, and decide anew with the version found.',
  },
  STORE_OPERATION_REUSED: {
    verdict: 'answered',
    http: 409,
    meaning: 'The operation id named another write before.',
    remedy:
      'Make a fresh operation id for each write, and reuse it for retries of that write only.',
  },
  STORE_BUSY: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'More writes wait for the disk than the store queues.',
    remedy: 'Wait for writes to commit before making further ones.',
  },
  STORE_FULL: {
    verdict: 'unavailable',
    http: 507,
    meaning: 'The disk is full; the store serves reads only and nothing was acknowledged.',
    remedy: 'Free disk space; the store goes on by itself within seconds.',
  },
  STORE_FAILED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'A write or sync of the disk failed; the store acknowledges nothing any more.',
    remedy: 'Check the disk, then restart: the store recovers what was acknowledged.',
  },
  STORE_DAMAGED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'Bytes on the disk are not what the store wrote there.',
    remedy:
      'Restore the directory from a backup, or remove it with its mark and catch up from peers.',
  },
  STORE_EMPTIED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'Files of a store that held records are gone.',
    remedy: 'Restore the directory; or, to start anew, remove it together with its mark.',
  },
  STORE_FOREIGN: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The directory or one of its files belongs to another store or another node.',
    remedy:
      'Point this node at its own directory, or start it with the identity that wrote this one.',
  },
  STORE_ROLLED_BACK: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The directory is older than what this store has acknowledged: a backup was restored.',
    remedy: 'Restore the newest state; or remove directory and mark, and catch up from peers.',
  },
  STORE_FORMAT: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The directory was written by a version of this package that is newer than this one.',
    remedy: 'Use that version or a later one.',
  },
  STORE_LOCKED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'Another process has the directory open.',
    remedy: 'Stop that process, or give this one a directory of its own.',
  },
})
