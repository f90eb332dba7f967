import { BzzzError, codeOf, messageOf } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** The body of every refusal. */
export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly remedy: string
    readonly details?: Readonly<Record<string, unknown>>
  }
}

const field = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined

/** An error of one of our tables, whichever copy of the class made it. */
const isTyped = (error: unknown): error is BzzzError =>
  codeOf(error) !== undefined &&
  typeof field(error, 'http') === 'number' &&
  typeof field(error, 'remedy') === 'string'

/** What Fastify itself refuses, in our codes. */
const ofFramework = (error: unknown): BzzzError | undefined => {
  const code = codeOf(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return coordinatorError('HTTP_BODY_TOO_LARGE', 'the body is longer than the limit')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return coordinatorError('HTTP_MEDIA_TYPE_REFUSED', messageOf(error))
  const status = field(error, 'statusCode')
  if (typeof status === 'number' && status >= 400 && status < 500)
    return coordinatorError('HTTP_REQUEST_INVALID', messageOf(error))
  return undefined
}

/**
 * Any thrown value as one of our errors. What is unexpected gets an id, goes to `report` whole, and
 * tells the client nothing but that id.
 */
export const toTypedError = (
  error: unknown,
  newId: () => string,
  report: (id: string, error: unknown) => void,
): BzzzError => {
  if (isTyped(error)) return error
  const known = ofFramework(error)
  if (known !== undefined) return known
  const id = newId()
  report(id, error)
  return coordinatorError('HTTP_INTERNAL', `internal error ${id}`, { details: { id } })
}

export const errorBody = (error: BzzzError): ErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    ...(Object.keys(error.details).length > 0 && { details: error.details }),
  },
})
