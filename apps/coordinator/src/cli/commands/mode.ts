import { encodeOutput, OVERRIDE_MS_MAX, type Client, type InputOf, type OutputOf } from '@bzzz/api'
import { MODES, type Mode } from '@bzzz/base'
import { Argument, type Command } from 'commander'
import { connect, type ConnectionOptions } from '../connect.js'
import { durationOption } from '../duration-option.js'
import { followChange } from '../follow-change.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { renderOutput } from '../render/output.js'
import { usageError } from '../usage-error.js'

interface Options extends ConnectionOptions {
  readonly json?: true
  readonly percent?: string
  readonly for?: string
  readonly reason?: string
  readonly clear?: true
  readonly now?: true
}

const percentOf = (text: string): number => {
  const percent = Number(text)
  if (/^\d{1,3}(\.\d{1,6})?$/.test(text) && percent <= 100) return percent
  throw usageError('--percent takes a number from 0 to 100')
}

const setInput = (
  component: string,
  mode: Mode | undefined,
  options: Options,
): InputOf<'mode.set'> => ({
  component,
  ...(mode !== undefined && { mode }),
  ...(options.percent !== undefined && { percent: percentOf(options.percent) }),
  ...(options.for !== undefined && {
    forMs: durationOption('--for', options.for, OVERRIDE_MS_MAX),
  }),
  ...(options.reason !== undefined && { reason: options.reason }),
  ...(options.now === true && { isNow: true }),
})

/** What is there to say of a mode that is entered without a copy, before it is. */
export const WHAT_NOW_MEANS =
  'entering mode mock at once: records that are not on this machine will be unavailable until it is back in the mesh\n'

interface Asked {
  readonly modes: OutputOf<'mode'>
  /** What is shown may hold a change of someone else's, which is none of ours. */
  readonly isChange: boolean
}

const ask = async (
  client: Client,
  [component, mode]: readonly (string | undefined)[],
  options: Options,
  io: Io,
): Promise<Asked> => {
  const call = { signal: io.interrupted }
  const isChange = mode !== undefined || options.percent !== undefined
  const isDetailed = options.for !== undefined || options.reason !== undefined
  if (options.clear === true) {
    if (component === undefined || isChange || options.for !== undefined || options.now === true)
      throw usageError('--clear takes a component, and nothing but --reason beside it')
    const { reason } = options
    const input = { component, ...(reason !== undefined && { reason }) }
    return { modes: await client.call('mode.clear', input, call), isChange: true }
  }
  if (component === undefined || !isChange) {
    if (isDetailed || options.percent !== undefined || options.now === true)
      throw usageError('name a component, and a mode or a percentage')
    const input = component === undefined ? {} : { component }
    return { modes: await client.call('mode', input, call), isChange: false }
  }
  if (options.now === true && mode !== 'mock')
    throw usageError('--now is for mode mock: others need no copy')
  if (options.now === true) io.err(WHAT_NOW_MEANS)
  const input = setInput(component, mode as Mode | undefined, options)
  return { modes: await client.call('mode.set', input, call), isChange: true }
}

/** `bzzz mode`: how components use their two sides; and to change that. */
export const addModeCommand = (program: Command, io: Io): void => {
  const command = program
    .command('mode')
    .description('Show how each component uses its two sides; or override the mode of one.')
    .argument('[component]', 'as the table shows it: dht')
    .addArgument(new Argument('[mode]', 'the mode to enter').choices(MODES))
    .option('--percent <percent>', 'share of the keys that peers answer in mode hybrid')
    .option('--for <duration>', 'then the configuration holds again: 30s, 10m, 2h')
    .option('--reason <text>', 'for the events and the audit file')
    .option('--clear', 'take the override back: the configuration holds again')
    .option('--now', 'enter mode mock without copying what this machine lacks')
  withConnection(command).action(async () => {
    const options = command.opts<Options>()
    const client = await connect(io, options)
    const isJson = options.json === true
    const asked = await ask(client, command.args, options, io)
    const modes = asked.isChange ? await followChange(client, asked.modes, io, isJson) : asked.modes
    if (isJson) io.out(`${JSON.stringify(encodeOutput('mode', modes))}\n`)
    else renderOutput('mode', modes, io)
  })
}

/** `bzzz rollback`: everything from this machine again. */
export const addRollbackCommand = (program: Command, io: Io): void => {
  const command = program
    .command('rollback')
    .description('Enter mode mock: first copy what this machine lacks, then leave the mesh.')
    .argument('[component]', 'default: all')
    .option('--now', 'do not copy: what is not on this machine will be unavailable')
    .option('--reason <text>', 'for the events and the audit file')
  withConnection(command).action(async () => {
    const { now, reason, json, ...connection } = command.opts<Options>()
    const [component] = command.args
    const client = await connect(io, connection)
    if (now === true) io.err(WHAT_NOW_MEANS)
    const input = {
      ...(component !== undefined && { component }),
      ...(reason !== undefined && { reason }),
      ...(now === true && { isNow: true }),
    }
    const first = await client.call('rollback', input, { signal: io.interrupted })
    const modes = await followChange(client, first, io, json === true)
    if (json === true) io.out(`${JSON.stringify(encodeOutput('mode', modes))}\n`)
    else renderOutput('mode', modes, io)
  })
}
