export {
  createClient,
  type Client,
  type ClientOptions,
  type Fetch,
  type FetchResponse,
} from './client.js'
export { commandInput, commandOf, commands, type Command } from './command.js'
export { apiError } from './errors.js'
export {
  KEY_BYTES_MAX,
  RESPONSE_BYTES_MAX,
  TARGET_CHARS_MAX,
  TIMEOUT_MS_MAX,
  VALUE_BYTES_MAX,
} from './limits.js'
export { openApiDocument } from './openapi.js'
export type { CommandOption, CommandShape, Method, Operation, Role } from './operation.js'
export {
  operationNames,
  operations,
  type Handlers,
  type InputOf,
  type OperationName,
  type Operations,
  type OutputOf,
} from './operations.js'
export {
  decodeInput,
  decodeRequest,
  encodeRequest,
  type Headers,
  type ReceivedRequest,
  type SentRequest,
} from './request.js'
export {
  decodeError,
  decodeOutput,
  encodeError,
  encodeOutput,
  encodeResponse,
  EXPIRES_HEADER,
  type ErrorBody,
  type SentResponse,
} from './response.js'
export { routeOf, routes, type Route } from './route.js'
export { formatTarget, parseTarget } from './target.js'
export { formatVersion, parseVersion } from './version.js'
