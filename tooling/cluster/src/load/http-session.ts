import { Agent, request } from 'node:http'
import { codeOf } from '@bzzz/base'

export interface HttpAnswer {
  readonly status: number
  readonly etag: string | undefined
  readonly body: string
}

export interface HttpCall {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST'
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  /** It may be sent again where a kept connection turns out to have been closed. */
  readonly mayRepeat: boolean
}

interface StaleError {
  readonly isReused?: boolean
}

/** More connections than the calls that one node has open at a time, less than a coordinator takes. */
const CONNECTIONS_MAX = 256

/** Kept connections to one node: the client of the load, as thin as can be. */
export class HttpSession {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX })
  readonly #host: string
  readonly #port: number
  readonly #token: () => string

  constructor(host: string, port: number, token: () => string) {
    this.#host = host
    this.#port = port
    this.#token = token
  }

  /** Rejects when there is no whole answer in time. */
  async call(call: HttpCall): Promise<HttpAnswer> {
    try {
      return await this.#send(call)
    } catch (error) {
      // A server may close a connection that was idle while a request is on its way: nobody read that one.
      const isStale = codeOf(error) === 'ECONNRESET' && (error as StaleError).isReused === true
      if (isStale && call.mayRepeat) return this.#send(call)
      throw error
    }
  }

  #send({ method, target, headers = {}, body, timeoutMs }: HttpCall): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.#agent,
          host: this.#host,
          port: this.#port,
          method,
          path: target,
          headers: {
            authorization: `Bearer ${this.#token()}`,
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (incoming) => {
          const pieces: Buffer[] = []
          incoming.on('data', (piece: Buffer) => pieces.push(piece))
          incoming.on('error', fail)
          incoming.on('end', () => {
            clearTimeout(timer)
            resolve({
              status: incoming.statusCode ?? 0,
              etag: incoming.headers.etag?.slice(1, -1),
              body: Buffer.concat(pieces).toString(),
            })
          })
        },
      )
      const fail = (error: Error): void => {
        clearTimeout(timer)
        reject(Object.assign(error, { isReused: outgoing.reusedSocket }))
      }
      const timer = setTimeout(() => {
        outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'CLIENT_TIMEOUT' }))
      }, timeoutMs)
      outgoing.on('error', fail)
      outgoing.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
