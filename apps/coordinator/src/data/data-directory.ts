import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { codeOf, messageOf } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** Where a coordinator keeps what must survive it. */
export interface DataDirectory {
  readonly path: string
  /** Ed25519 key of the node, 0600. */
  readonly identityFile: string
  /** The store's own directory. */
  readonly storePath: string
  /** Bearer token of the HTTP surface, 0600. */
  readonly tokenFile: string
  /** Locked for as long as a coordinator uses the directory. */
  readonly lockFile: string
  /** What runs here now; absent while nothing does. */
  readonly runtimeFile: string
  /** Name of the file, in this directory, that holds the members of the mesh ever met. */
  readonly membersName: string
  /** Whether the store holds all that the mesh held when it was left, 0600. */
  readonly completenessFile: string
  /** What operators have put above the configuration, 0600. */
  readonly overridesFile: string
  /** What operators did, 0600. */
  readonly auditFile: string
}

/** The paths, without touching the disk. */
export const dataDirectoryAt = (path: string): DataDirectory => {
  const root = resolve(path)
  return {
    path: root,
    identityFile: join(root, 'identity.key'),
    storePath: join(root, 'store'),
    tokenFile: join(root, 'token'),
    lockFile: join(root, 'lock'),
    runtimeFile: join(root, 'coordinator.json'),
    membersName: 'members',
    completenessFile: join(root, 'completeness'),
    overridesFile: join(root, 'overrides.json'),
    auditFile: join(root, 'audit.jsonl'),
  }
}

const GROUP_OR_OTHERS_WRITE = 0o022

/** Does nothing when there is something of that name. */
const mkdirOne = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw error
  }
  // The umask may have taken rights away from a mode, never added any; this is for the exact 0700.
  await chmod(path, 0o700)
}

/**
 * Makes the directory and those above it. One by one: Node's own recursive form never returns where
 * the parent exists and still nothing can be made in it, as in /proc.
 */
const mkdirPrivate = async (path: string): Promise<void> => {
  try {
    await mkdirOne(path)
  } catch (error) {
    const parent = dirname(path)
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    await mkdirPrivate(parent)
    await mkdirOne(path)
  }
}

/**
 * Creates the directory (0700) and the store's inside it. One that exists keeps its mode, unless
 * others may write to it: that is refused.
 */
export const openDataDirectory = async (path: string): Promise<DataDirectory> => {
  const directory = dataDirectoryAt(path)
  try {
    await mkdirPrivate(directory.path)
    const { mode } = await stat(directory.path)
    if ((mode & GROUP_OR_OTHERS_WRITE) !== 0)
      throw coordinatorError(
        'DATA_DIRECTORY_UNSAFE',
        `others may write to ${directory.path}: chmod 700 it, or choose another directory`,
      )
    await mkdirPrivate(directory.storePath)
  } catch (error) {
    if (codeOf(error) === 'DATA_DIRECTORY_UNSAFE') throw error
    throw coordinatorError(
      'DATA_DIRECTORY_UNUSABLE',
      `cannot use ${directory.path}: ${messageOf(error)}`,
      { cause: error },
    )
  }
  return directory
}
