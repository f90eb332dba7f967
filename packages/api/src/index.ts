export {
  createClient,
  type Client,
  type ClientOptions,
  type Fetch,
  type FetchResponse,
  type Watched,
  type WatchOptions,
} from './client.js'
export { commandInput, commandOf, commands, type Command } from './command.js'
export { apiError } from './errors.js'
export {
  EVENT_STREAM_TYPE,
  EventParser,
  formatEvent,
  HEARTBEAT,
  HEARTBEAT_MS,
  parseEventId,
  SILENCE_MAX_MS,
  STREAM_HEAD,
  type StreamEvent,
} from './event-stream.js'
export {
  KEY_BYTES_MAX,
  RESPONSE_BYTES_MAX,
  TARGET_CHARS_MAX,
  TIMEOUT_MS_MAX,
  VALUE_BYTES_MAX,
} from './limits.js'
export { openApiDocument } from './openapi.js'
export type { CommandOption, CommandShape, Method, Operation, Role, Stream } from './operation.js'
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
  SOURCE_HEADER,
  STALE_HEADER,
  type ErrorBody,
  type SentResponse,
} from './response.js'
export { routeOf, routes, streamRoutes, type Route, type StreamRoute } from './route.js'
export { DRILL_MS_MAX, FAULTS, OVERRIDE_MS_MAX } from './schemas/mode.js'
export {
  decodeItem,
  encodeItem,
  streamNames,
  streams,
  type ItemOf,
  type StreamName,
  type Streams,
} from './streams.js'
export { formatTarget, parseTarget } from './target.js'
export { formatVersion, parseVersion } from './version.js'
