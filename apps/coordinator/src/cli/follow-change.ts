import type { Client, OutputOf } from '@bzzz/api'
import { BzzzError, codeOf, systemClock, type ErrorRow, type ErrorTable } from '@bzzz/base'
import { hybridError } from '@bzzz/hybrid'
import { coordinatorError } from '../errors.js'
import type { Io } from './io.js'
import { pause } from './pause.js'
import { Progress } from './progress.js'
import { copyText } from './render/mode.js'

type Modes = OutputOf<'mode'>
type Row = Modes['components'][number]

const ASK_EVERY_MS = 250

/** What a change may end with. */
const KNOWN: ErrorTable = { ...hybridError.table, ...coordinatorError.table }

const isRunning = (row: Row): boolean => row.change?.state === 'running'

/** The error that a change ended with, under its own code. */
const errorOf = ({ component, change }: Row): Error | undefined => {
  if (change?.state !== 'failed' || change.error === undefined) return undefined
  const { code, message } = change.error
  const row: ErrorRow | undefined = KNOWN[code]
  if (row !== undefined) return new BzzzError(code, row, `${component}: ${message}`)
  return hybridError('HYBRID_NOT_READY', `${component}: ${message} (${code})`)
}

/**
 * Waits for the changes in an answer to end, and shows how far they are. Interrupted, it leaves them
 * going on: what was asked for is the coordinator's to finish.
 *
 * @param isQuiet a program reads along, which expects nothing but an error on standard error
 */
export const followChange = async (
  client: Client,
  first: Modes,
  io: Io,
  isQuiet: boolean,
): Promise<Modes> => {
  const names = new Set(first.components.map(({ component }) => component))
  const progress = new Progress(io, systemClock)
  let modes = first
  try {
    while (modes.components.some(isRunning)) {
      const running = modes.components.filter(isRunning)
      if (!isQuiet) for (const row of running) progress.show(copyText(row))
      await pause(io, ASK_EVERY_MS)
      const { components } = await client.call('mode', {}, { signal: io.interrupted })
      modes = { components: components.filter(({ component }) => names.has(component)) }
    }
  } catch (error) {
    if (codeOf(error) === 'ABORTED') io.err('bzzz: the change goes on; see `bzzz mode`\n')
    throw error
  } finally {
    progress.done()
  }
  for (const row of modes.components) {
    const error = errorOf(row)
    if (error !== undefined) throw error
  }
  return modes
}
