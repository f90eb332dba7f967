import { homedir } from 'node:os'
import { addAbortSignal } from 'node:stream'
import type { Io } from './io.js'

/** A value on standard input holds at most 1 MiB; the rest is not read. */
const INPUT_BYTES_MAX = 1024 * 1024 + 1

const readInput = async (signal: AbortSignal): Promise<Uint8Array> => {
  // Ctrl-C ends the wait for more.
  addAbortSignal(signal, process.stdin)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= INPUT_BYTES_MAX) break
  }
  return Buffer.concat(chunks)
}

const inputEnded = (): Promise<void> =>
  new Promise((resolve) => {
    process.stdin.on('end', resolve)
    process.stdin.on('error', resolve)
    process.stdin.resume()
  })

/** The first signal asks for an end; the second one is it. */
const interruption = (): AbortSignal => {
  const controller = new AbortController()
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    // The terminal was closed.
    ['SIGHUP', 129],
  ] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code)
      controller.abort()
    })
  return controller.signal
}

/** The process as a command sees it. */
export const processIo = (): Io => {
  // `bzzz … | head` closes our output early: an end, not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  // Nobody reads what is told any more: no reason to end the work.
  process.stderr.on('error', () => {})
  const interrupted = interruption()
  return {
    program: process.env.npm_lifecycle_event === undefined ? 'bzzz' : 'npx bzzz',
    out: (text) => process.stdout.write(text),
    outBytes: (bytes) => process.stdout.write(bytes),
    err: (text) => process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    isTerminal: process.stdout.isTTY,
    isErrTerminal: process.stderr.isTTY,
    interrupted,
    readInput: () => readInput(interrupted),
    inputEnded,
  }
}
