import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { coordinatorError } from '../errors.js'
import { onLine, Tail } from './line-reader.js'

/** The binary of this package. */
export const BZZZ_BIN = fileURLToPath(new URL('../../bin/bzzz.js', import.meta.url))

export interface SpawnOptions {
  readonly dataDirectory: string
  /** Added to an environment that is emptied of BZZZ_… and RUSTLE_… names. */
  readonly env?: Readonly<Record<string, string>>
  /** Further arguments of `bzzz start`. */
  readonly args?: readonly string[]
  /** Where its log goes as well. */
  readonly logFile?: string
  /** Command line to run it within, which must end up as the coordinator: `ip netns exec name`. */
  readonly within?: readonly string[]
}

/** What a coordinator prints when it is up, with `--json`. */
export interface Started {
  readonly url: string
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly dataDirectory: string
  readonly pid: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One coordinator as a process of its own. */
export interface CoordinatorProcess extends Started, AsyncDisposable {
  readonly exited: Promise<Exit>
  /** The last lines that it logged. */
  log(): string
  /** Ends its standard input, as the end of this process would. */
  release(): void
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>
}

const LOG_LINES = 40

/** This process's environment without what would configure a coordinator. */
export const cleanEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(BZZZ|RUSTLE)_/.test(entry[0]),
    ),
  )

const launch = (options: SpawnOptions): ChildProcess => {
  const start = [BZZZ_BIN, 'start', '--json', '--until-stdin-ends', ...(options.args ?? [])]
  const [command = '', ...args] = [...(options.within ?? []), process.execPath, ...start]
  return spawn(command, args, {
    // Its standard input is a pipe of ours, so that it ends with us even when we are killed.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...cleanEnvironment(),
      BZZZ_DATA_DIRECTORY: options.dataDirectory,
      ...options.env,
    },
  })
}

/** Starts a coordinator and resolves once it serves. Rejects with `COORDINATOR_EXITED` and its last words. */
export const spawnCoordinator = async (options: SpawnOptions): Promise<CoordinatorProcess> => {
  const child = launch(options)
  const tail = new Tail(LOG_LINES)
  const file =
    options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' })
  if (child.stdout === null || child.stderr === null) throw new TypeError('pipes were asked for')
  child.stdin?.on('error', () => {})
  onLine(child.stderr, (line) => {
    tail.push(line)
    file?.write(`${line}\n`)
  })
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    file?.end()
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }
  })
  const { stdout } = child
  const started = await Promise.race([
    new Promise<Started>((resolve) => {
      onLine(stdout, (line) => {
        resolve(JSON.parse(line) as Started)
      })
    }),
    exited.then(({ code, signal }) => {
      throw coordinatorError(
        'COORDINATOR_EXITED',
        `the coordinator ended with ${signal ?? code} before it was ready: ${tail.toString()}`,
        { details: { code, signal } },
      )
    }),
  ])
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal)
    return exited
  }
  return {
    ...started,
    exited,
    log: () => tail.toString(),
    release: () => child.stdin?.end(),
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
    },
  }
}
