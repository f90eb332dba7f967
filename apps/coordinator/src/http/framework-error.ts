import { apiError } from '@bzzz/api'
import { codeOf, messageOf } from '@bzzz/base'

/** What Fastify itself refuses, in our codes; anything else as it is. */
export const translateFrameworkError = (error: unknown): unknown => {
  const code = codeOf(error)
  if (code?.startsWith('FST_') !== true) return error
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return apiError('API_BODY_TOO_LARGE', 'the body is longer than the limit')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return apiError('API_MEDIA_TYPE_UNSUPPORTED', 'the body is neither JSON nor an octet stream')
  const status = (error as { statusCode?: unknown }).statusCode
  if (typeof status === 'number' && status >= 400 && status < 500)
    return apiError('API_REQUEST_INVALID', messageOf(error))
  return error
}
