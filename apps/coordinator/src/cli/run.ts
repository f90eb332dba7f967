import { Command, CommanderError } from 'commander'
import { readVersion } from '../version.js'
import { addConfigCommand } from './commands/config.js'
import { addDeadLettersCommand } from './commands/dead-letters.js'
import { addDemoCommand } from './commands/demo.js'
import { addDrillCommand } from './commands/drill.js'
import { addImportCommand } from './commands/import.js'
import { addModeCommand, addRollbackCommand } from './commands/mode.js'
import { addOperationCommands } from './commands/operations.js'
import { addStartCommand } from './commands/start.js'
import { addWatchCommand } from './commands/watch.js'
import { EXIT } from './exit-codes.js'
import type { Io } from './io.js'
import { reportError } from './report-error.js'
import { usageError } from './usage-error.js'

const EPILOGUE = `
Exit codes: 0 done, 1 failure, 2 wrong usage or settings, 3 not found, 4 unavailable or
pending, 5 conflict, 6 forbidden, 130 interrupted.`

const createProgram = (io: Io, finish: (code: number) => void): Command => {
  const program = new Command('bzzz')
    .description('A peer-to-peer coordination mesh: one node of it, and its commands.')
    .version(readVersion())
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    // Errors are reported in one place, with their exit code, as text or as JSON.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
  addStartCommand(program, io, finish)
  addOperationCommands(program, io, finish)
  addModeCommand(program, io)
  addRollbackCommand(program, io)
  addWatchCommand(program, io)
  addDrillCommand(program, io)
  addDeadLettersCommand(program, io)
  addImportCommand(program, io, finish)
  addConfigCommand(program, io)
  addDemoCommand(program, io)
  return program
}

/** Runs a command line, and returns the exit code. */
export const run = async (argv: readonly string[], io: Io): Promise<number> => {
  let code: number = EXIT.ok
  try {
    const program = createProgram(io, (given) => {
      code = given
    })
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    // Help and version end the parsing with an error that is none.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // Without a command, commander has printed the help already.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const cause =
      error instanceof CommanderError ? usageError(error.message.replace(/^error: /, '')) : error
    return reportError(cause, io, argv.includes('--json'))
  }
}
