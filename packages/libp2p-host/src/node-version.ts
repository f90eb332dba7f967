import { hostError } from './errors.js'

const MAJOR = 22
const MINOR = 13

/**
 * Throws `HOST_NODE_TOO_OLD`. On Node 20 libp2p starts, and then dies of an uncaught exception
 * with the first connection.
 */
export const assertNodeVersion = (version: string): void => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return
  throw hostError('HOST_NODE_TOO_OLD', `this is Node ${version}; ${MAJOR}.${MINOR} is needed`)
}
