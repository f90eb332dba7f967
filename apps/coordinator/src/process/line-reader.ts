import type { Readable } from 'node:stream'

/** Calls back with each line of a stream, without its end. */
export const onLine = (stream: Readable, listener: (line: string) => void): void => {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) listener(line)
  })
}

/** Keeps the last `max` lines. */
export class Tail {
  readonly #max: number
  readonly #lines: string[] = []

  constructor(max: number) {
    this.#max = max
  }

  push(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > this.#max) this.#lines.shift()
  }

  toString(): string {
    return this.#lines.join('\n')
  }
}
