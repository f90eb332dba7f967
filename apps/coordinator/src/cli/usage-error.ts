import { coordinatorError } from '../errors.js'

/** Bad arguments: the exit code says so, the remedy names the help. */
export const usageError = (message: string): Error => coordinatorError('CLI_USAGE', message)
