import { request, type IncomingMessage } from 'node:http'
import { EventParser, type StreamEvent } from '@bzzz/api'
import { waitFor } from '../../src/process/wait-for.js'

export interface Listening extends AsyncDisposable {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly events: readonly StreamEvent[]
  /** The first event, from now on or before, whose data the predicate takes. */
  until(
    what: string,
    predicate: (data: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<StreamEvent>
  /** True once the server has ended the stream. */
  isEnded(): boolean
}

/** Listens to the switches of a coordinator over a connection of its own. */
export const listen = (url: string, lastEventId?: string): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const outgoing = request(`${url}/v1/switches`, { headers, agent: false }, (incoming) => {
      const parser = new EventParser()
      const events: StreamEvent[] = []
      let isEnded = false
      incoming.on('data', (chunk: Buffer) => {
        events.push(...parser.push(chunk))
      })
      incoming.on('close', () => {
        isEnded = true
      })
      incoming.on('error', () => {})
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        events,
        until: (what, predicate) =>
          waitFor(what, () =>
            events.find(({ data }) => predicate(JSON.parse(data) as Record<string, unknown>)),
          ),
        isEnded: () => isEnded,
        [Symbol.asyncDispose]: () => {
          outgoing.destroy()
          return Promise.resolve()
        },
      })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
