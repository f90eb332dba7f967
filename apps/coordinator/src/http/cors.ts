import { routes } from '@bzzz/api'
import type { FastifyInstance } from 'fastify'

const HEADERS = 'authorization, content-type, accept, if-match, if-none-match'

/** A browser asks again after ten minutes whether a page may call us. */
const PREFLIGHT_AGE_S = 600

/**
 * Lets the pages of allowed origins read answers. The gate has refused every other origin before,
 * so that whatever Origin arrives here is listed; never `*`, and no cookies.
 */
export const addCors = (app: FastifyInstance): void => {
  const methods = [...new Set(routes().map((route) => route.method))].join(', ')
  app.addHook('onRequest', async ({ headers: { origin } }, reply) => {
    reply.header('vary', 'origin')
    if (origin === undefined) return
    reply.header('access-control-allow-origin', origin)
    reply.header('access-control-expose-headers', 'etag')
  })
  app.options('/*', async (_request, reply) => {
    reply.header('access-control-allow-methods', methods)
    reply.header('access-control-allow-headers', HEADERS)
    reply.header('access-control-max-age', PREFLIGHT_AGE_S)
    return reply.status(204).send()
  })
}
