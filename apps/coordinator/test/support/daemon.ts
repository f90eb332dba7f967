import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BZZZ_BIN,
  cleanEnvironment,
  spawnCoordinator,
  type CoordinatorProcess,
  type SpawnOptions,
} from '../../src/process/coordinator-process.js'

/** A directory that is removed at the end of its scope. */
export const temporaryDirectory = async (): Promise<
  AsyncDisposable & { readonly path: string }
> => {
  const path = await mkdtemp(join(tmpdir(), 'bzzz-test-'))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** A coordinator on any free port, embedded unless told otherwise. */
export const startDaemon = (
  dataDirectory: string,
  options: Omit<SpawnOptions, 'dataDirectory'> = {},
): Promise<CoordinatorProcess> =>
  spawnCoordinator({
    dataDirectory,
    ...options,
    env: { BZZZ_HTTP_PORT: '0', ...options.env },
  })

/** The settings of a node that speaks libp2p on any free port. */
export const realEnvironment = (bootstrap = ''): Record<string, string> => ({
  BZZZ_USE_REAL_DHT: 'true',
  BZZZ_LIBP2P_LISTEN: '/ip4/127.0.0.1/tcp/0',
  BZZZ_DHT_BOOTSTRAP_NODES: bootstrap,
})

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real binary as a process of its own. */
export const bzzz = (
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly input?: string | Uint8Array
    readonly cwd?: string
    /** Killed if it takes longer. */
    readonly boundMs?: number
  } = {},
): Promise<CliResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BZZZ_BIN, ...args], {
      env: { ...cleanEnvironment(), ...options.env },
      cwd: options.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.boundMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, stdout, stderr })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
  })

/** The binary, told where its coordinator keeps its data. */
export const bzzzOn =
  (dataDirectory: string) =>
  (args: readonly string[], options: Parameters<typeof bzzz>[1] = {}): Promise<CliResult> =>
    bzzz(args, { ...options, env: { BZZZ_DATA_DIRECTORY: dataDirectory, ...options.env } })
