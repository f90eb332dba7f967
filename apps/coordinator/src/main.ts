import { processIo } from './cli/process-io.js'
import { run } from './cli/run.js'

/** Ends the process once all output is written, whatever timers a library left behind. */
const end = (code: number): void => {
  process.stdout.write('', () => {
    process.stderr.write('', () => {
      process.exit(code)
    })
  })
}

const crash = (error: unknown): void => {
  console.error('bzzz: internal error, please report it:', error)
  end(1)
}

process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
run(process.argv.slice(2), processIo()).then(end, crash)
