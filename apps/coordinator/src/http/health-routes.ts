import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import type { Readiness } from '../health/readiness.js'

export interface HealthRoutesOptions {
  readonly readiness: () => Readiness
  /** The metrics in Prometheus text, with their content type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  /** Checks the token where reads need one. */
  readonly authorize: onRequestAsyncHookHandler
}

/** What orchestrators and monitoring ask: is it alive, does it serve, what does it count. */
export const addHealthRoutes = (
  app: FastifyInstance,
  { readiness, metrics, authorize }: HealthRoutesOptions,
): void => {
  app.get('/healthz', async () => ({ status: 'live' }))
  app.get('/readyz', async (_request, reply) => {
    const { isReady, reason } = readiness()
    return reply
      .status(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'not ready', ...(reason !== undefined && { reason }) })
  })
  app.get('/metrics', { onRequest: authorize }, async (_request, reply) => {
    const { type, text } = await metrics()
    return reply.header('content-type', type).send(text)
  })
}
