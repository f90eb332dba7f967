import {
  apiError,
  decodeRequest,
  encodeResponse,
  openApiDocument,
  routes,
  streamRoutes,
  type Handlers,
  type Role,
  type Route,
} from '@bzzz/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export interface OperationRoutesOptions {
  readonly handlers: Handlers
  /** Closed while the node starts and stops. */
  readonly doors: { assertServing(): void }
  /** Checks an Authorization header. */
  readonly isToken: (authorization: string | undefined) => boolean
  /** Reads are open: whoever reaches the port is on this machine. */
  readonly isLoopback: boolean
  readonly version: string
}

const needsToken = (role: Role, isLoopback: boolean): boolean =>
  role === 'write' || role === 'admin' || (role === 'read' && !isLoopback)

/** A check of the token, to be run before the body is read. */
export const authorize =
  (role: Role, { isToken, isLoopback }: Pick<OperationRoutesOptions, 'isToken' | 'isLoopback'>) =>
  async (request: Pick<FastifyRequest, 'headers'>): Promise<void> => {
    if (!needsToken(role, isLoopback) || isToken(request.headers.authorization)) return
    throw apiError('API_TOKEN_REQUIRED', 'the token is missing or wrong')
  }

const addRoute = (
  app: FastifyInstance,
  { operation, method, path, role }: Route,
  options: OperationRoutesOptions,
): void => {
  app.route({
    method,
    url: path,
    onRequest: [
      authorize(role, options),
      async () => {
        options.doors.assertServing()
      },
    ],
    handler: async (request, reply) => {
      const input = decodeRequest(operation, {
        target: request.raw.url ?? '',
        headers: request.headers,
        body: request.body,
      })
      // The table ties each operation's input to its handler; the loop over it cannot show that.
      const handler = options.handlers[operation] as (
        input: unknown,
        context: object,
      ) => Promise<never>
      const output = await handler(input, {})
      const { status, headers, body } = encodeResponse(operation, output, request.headers.accept)
      return reply.status(status).headers(headers).send(body)
    },
  })
}

/** Every operation of the table as a route, and the document that describes them. */
export const addOperationRoutes = (app: FastifyInstance, options: OperationRoutesOptions): void => {
  for (const route of routes()) addRoute(app, route, options)
  const document = openApiDocument({ version: options.version })
  app.get('/v1/openapi.json', async () => document)
}

/** The methods that a path has, for the answer to a wrong one. */
export const methodsOf = (path: string): readonly string[] =>
  [...routes(), ...streamRoutes().map((route) => ({ ...route, method: 'GET' as const }))]
    .filter((route) =>
      route.path.endsWith('*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path,
    )
    .map((route) => route.method)
