import { codeOf, messageOf } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** Bad arguments: the exit code says so, the remedy names the help. */
export const usageError = (message: string): Error => coordinatorError('CLI_USAGE', message)

/** The result; where the arguments do not fit, with the help as the remedy instead of the document. */
export const fromArguments = <T>(read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw codeOf(error) === 'API_REQUEST_INVALID' ? usageError(messageOf(error)) : error
  }
}
