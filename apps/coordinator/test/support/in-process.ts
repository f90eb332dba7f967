import { coordinatorFields, loadConfig } from '@bzzz/config'
import { createCoordinator } from '../../src/cli/commands/start.js'
import type { Io } from '../../src/cli/io.js'
import { loadSettings, settingsOf } from '../../src/cli/load-settings.js'
import { run } from '../../src/cli/run.js'
import type { Coordinator } from '../../src/coordinator.js'
import type { CliResult } from './daemon.js'

type Environment = Readonly<Record<string, string>>

/** A process without terminal, input or signals, that keeps what is written. */
export const fakeIo = (
  env: Environment = {},
): Io & { readonly text: { out: string; err: string } } => {
  const text = { out: '', err: '' }
  return {
    text,
    program: 'bzzz',
    out: (part) => void (text.out += part),
    outBytes: (bytes) => void (text.out += Buffer.from(bytes).toString()),
    err: (part) => void (text.err += part),
    env,
    cwd: process.cwd(),
    home: '/nonexistent',
    isTerminal: false,
    isErrTerminal: false,
    interrupted: new AbortController().signal,
    readInput: () => Promise.resolve(new Uint8Array()),
    inputEnded: () => Promise.resolve(),
  }
}

/** Runs a command line in this process: for what needs no process of its own. */
export const runInProcess = async (
  args: readonly string[],
  env: Environment = {},
): Promise<CliResult> => {
  const io = fakeIo(env)
  const code = await run(args, io)
  return { code, stdout: io.text.out, stderr: io.text.err }
}

/** A coordinator in this process, on any free port. */
export const coordinatorIn = (
  dataDirectory: string,
  env: Environment = {},
): Promise<Coordinator> => {
  const io = fakeIo()
  const loaded = loadConfig(coordinatorFields, {
    env: { BZZZ_DATA_DIRECTORY: dataDirectory, BZZZ_HTTP_PORT: '0', ...env },
  })
  return createCoordinator(settingsOf(io, loaded), io)
}

/** A coordinator in this process with a configuration file, which it follows. */
export const coordinatorWithFile = async (
  dataDirectory: string,
  file: string,
  io: Io = fakeIo(),
): Promise<Coordinator> => {
  const env = { BZZZ_DATA_DIRECTORY: dataDirectory, BZZZ_HTTP_PORT: '0' }
  return createCoordinator(await loadSettings({ ...io, env }, file, {}), io)
}
