import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { apiError, encodeError } from '@bzzz/api'
import { codeOf, messageOf, Service, type Clock } from '@bzzz/base'
import { fastify, type FastifyInstance } from 'fastify'
import { coordinatorError } from '../errors.js'
import type { Log } from '../log.js'
import type { AccessRules } from './access.js'
import { answerClientError } from './client-error.js'
import { addCors } from './cors.js'
import { translateFrameworkError } from './framework-error.js'
import { methodsOf } from './operation-routes.js'
import { createGatedServer, FIXED_HEADERS, refuse, type ServerLimits } from './gated-server.js'

export interface HttpServerOptions {
  /** Address to listen on. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly rules: AccessRules
  readonly limits: ServerLimits & { readonly bodyBytesMax: number }
  readonly log: Log
  readonly clock: Clock
  /** Called after each answer; `route` is a path of ours, or empty when none fits. */
  readonly onAnswer: (route: string, method: string, status: number, tookMs: number) => void
  /** Adds the routes, before the server listens. */
  readonly routes: (app: FastifyInstance) => void
}

/** Room for a key of 1 KiB in which every byte is percent-encoded. */
const PATH_PARAMETER_MAX = 4 * 1024

/** Listens, and on stop finishes what is in flight. */
export class HttpServer extends Service {
  readonly #options: HttpServerOptions
  readonly #app: FastifyInstance
  #isDraining = false
  #address: AddressInfo | undefined

  constructor(options: HttpServerOptions) {
    super('the HTTP server')
    this.#options = options
    this.#app = this.#createApp()
  }

  /** Where it listens, as `http://127.0.0.1:4280`. */
  get url(): string {
    this.assertStarted()
    const { address = '', port = 0 } = this.#address ?? {}
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  }

  protected async onStart(): Promise<void> {
    const { host, port } = this.#options
    try {
      await this.#app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port })
    } catch (error) {
      await this.#app.close()
      throw listenError(error, `${host}:${port}`)
    }
    this.#address = this.#app.server.address() as AddressInfo
  }

  /** Accepts nothing new, and waits for the answers that are due, at most one request time-out. */
  protected async onStop(): Promise<void> {
    this.#isDraining = true
    const cancel = this.#options.clock.setTimer(() => {
      this.#app.server.closeAllConnections()
    }, this.#options.limits.requestTimeoutMs)
    try {
      await this.#app.close()
    } finally {
      cancel()
    }
  }

  #createApp(): FastifyInstance {
    const { rules, limits, log, routes, onAnswer } = this.#options
    const app = fastify({
      logger: false,
      bodyLimit: limits.bodyBytesMax,
      requestTimeout: limits.requestTimeoutMs,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      routerOptions: { maxParamLength: PATH_PARAMETER_MAX },
      clientErrorHandler: answerClientError,
      // What fails before a route is found passes neither the error handler nor the hooks.
      frameworkErrors: (error, _request, reply) => {
        reply.hijack()
        refuse(reply.raw, translateFrameworkError(error))
      },
      serverFactory: (handler) => createGatedServer(handler, rules, limits),
    })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      app.getDefaultJsonParser('error', 'error'),
    )
    app.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer' },
      (_request, body, done) => {
        done(null, body)
      },
    )
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(FIXED_HEADERS)
      // Else a connection whose last answer falls into the shutdown stays open until it idles out.
      if (this.#isDraining) reply.header('connection', 'close')
    })
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? ''
      onAnswer(route, request.method, reply.statusCode, reply.elapsedTime)
    })
    app.setErrorHandler(async (error, request, reply) => {
      const translated = translateFrameworkError(error)
      const id = randomUUID()
      const { status, body } = encodeError(translated, id)
      if (body.error.code === 'API_INTERNAL')
        log.error('request failed', { id, method: request.method, error: translated })
      if (status === 401) reply.header('www-authenticate', 'Bearer')
      return reply.status(status).send(body)
    })
    app.setNotFoundHandler(async (request, reply) => {
      const methods = methodsOf(request.url.split('?', 1)[0] ?? '')
      if (methods.length === 0) throw apiError('API_ROUTE_UNKNOWN', 'there is no such path')
      reply.header('allow', methods.join(', '))
      throw apiError('API_METHOD_NOT_ALLOWED', `the path does not have ${request.method}`)
    })
    addCors(app)
    routes(app)
    return app
  }
}

const listenError = (error: unknown, address: string): unknown => {
  const code = codeOf(error)
  if (code === 'EADDRINUSE')
    return coordinatorError('HTTP_PORT_IN_USE', `${address} is in use by another process`, {
      cause: error,
      details: { address },
    })
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return coordinatorError(
      'HTTP_ADDRESS_INVALID',
      `cannot listen on ${address}: ${messageOf(error)}`,
      {
        cause: error,
      },
    )
  return error
}
