import type { Method, Role } from './operation.js'
import { operationNames, operations, type OperationName } from './operations.js'
import { streamNames, streams, type StreamName } from './streams.js'

/** Where an HTTP server mounts an operation. */
export interface Route {
  readonly operation: OperationName
  readonly method: Method
  /** `*` at the end matches the rest of the path, as in Fastify. */
  readonly path: string
  readonly role: Role
}

export const routeOf = (operation: OperationName): Route => {
  const { method, path, role } = operations[operation]
  return { operation, method, path, role }
}

/** Every route, in the order of the table. */
export const routes = (): readonly Route[] => operationNames.map(routeOf)

/** Where an HTTP server mounts a stream: always GET. */
export interface StreamRoute {
  readonly stream: StreamName
  readonly path: string
  readonly role: Role
}

export const streamRoutes = (): readonly StreamRoute[] =>
  streamNames.map((stream) => ({ stream, path: streams[stream].path, role: streams[stream].role }))
