import { systemClock, systemRandom } from '@bzzz/base'
import { Option, type Command } from 'commander'
import { noticesOf } from '../../config/notices.js'
import type { Coordinator } from '../../coordinator.js'
import { readVersion } from '../../version.js'
import { EXIT } from '../exit-codes.js'
import type { Io } from '../io.js'
import { loadSettings, type Settings } from '../load-settings.js'
import { settingsIn, withSettings } from '../options.js'
import { renderBanner } from '../render/banner.js'
import { reportError } from '../report-error.js'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly untilStdinEnds?: true
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => {
      resolve()
    })
  })

/** The coordinator that the settings describe. It logs to standard error. */
export const createCoordinator = async (settings: Settings, io: Io): Promise<Coordinator> => {
  const { loaded, config, sources, dataDirectory } = settings
  // libp2p takes most of a second to load: only the command that needs it waits for that.
  const [{ Coordinator: Implementation }, { createLogger }] = await Promise.all([
    import('../../coordinator.js'),
    import('@bzzz/telemetry/node'),
  ])
  return new Implementation({
    config,
    loaded,
    sources,
    dataDirectory,
    version: readVersion(),
    pid: process.pid,
    clock: systemClock,
    random: systemRandom,
    log: createLogger({
      level: config.logLevel,
      destination: { write: io.err },
    }),
  })
}

const runStart = async (command: Command, io: Io): Promise<void> => {
  const options = command.opts<Options>()
  const settings = await loadSettings(io, options.config, settingsIn(command))
  for (const notice of noticesOf(settings.loaded)) io.err(`bzzz: notice: ${notice}\n`)
  await using coordinator = await createCoordinator(settings, io)
  await coordinator.start({ signal: io.interrupted })
  if (options.json === true) {
    const { url, backend, dataDirectory } = coordinator
    const { peerId } = backend
    const started = { url, peerId, addresses: backend.addresses(), dataDirectory, pid: process.pid }
    io.out(`${JSON.stringify(started)}\n`)
  } else renderBanner({ coordinator, settings, version: readVersion(), io })
  await Promise.race([
    untilAborted(io.interrupted),
    ...(options.untilStdinEnds === true ? [io.inputEnded()] : []),
  ])
}

/** `bzzz start`: serves until a signal ends it. */
export const addStartCommand = (program: Command, io: Io, finish: (code: number) => void): void => {
  const command = program
    .command('start')
    .description('Run a coordinator until SIGINT or SIGTERM.')
    .addOption(new Option('--until-stdin-ends', 'stop when standard input ends').hideHelp())
  withSettings(command).action(async () => {
    try {
      await runStart(command, io)
    } catch (error) {
      const code = reportError(error, io, command.opts<Options>().json === true)
      // What keeps a node from starting is no outage that waiting ends.
      finish(code === EXIT.unavailable ? EXIT.failure : code)
    }
  })
}
