import { streamRoutes, type StreamName } from '@bzzz/api'
import type { FastifyInstance } from 'fastify'
import { EventStreams, type EventSource } from './event-streams.js'
import { authorize, type OperationRoutesOptions } from './operation-routes.js'

export interface StreamRoutesOptions extends Pick<
  OperationRoutesOptions,
  'doors' | 'isToken' | 'isLoopback'
> {
  readonly streams: EventStreams
  readonly sources: Readonly<Record<StreamName, EventSource>>
}

/** Every stream of the table as a route. */
export const addStreamRoutes = (app: FastifyInstance, options: StreamRoutesOptions): void => {
  for (const { stream, path, role } of streamRoutes())
    app.route({
      method: 'GET',
      url: path,
      exposeHeadRoute: false,
      onRequest: [
        authorize(role, options),
        async () => {
          options.doors.assertServing()
        },
      ],
      handler: async (request, reply) => {
        const body = options.streams.open(options.sources[stream], request.headers['last-event-id'])
        // Else a client that only waits would not see the head before the first event.
        return reply.header('content-type', EventStreams.type).send(body)
      },
    })
}

const PATHS: ReadonlySet<string> = new Set(streamRoutes().map(({ path }) => path))

/** Whether a path is that of a stream: its answers last for as long as the client likes. */
export const isStreamPath = (path: string): boolean => PATHS.has(path)
