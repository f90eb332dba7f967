import { DRILL_MS_MAX, encodeOutput, FAULTS, type Client, type OutputOf } from '@bzzz/api'
import { Argument, type Command } from 'commander'
import { connect, type ConnectionOptions } from '../connect.js'
import { durationOption } from '../duration-option.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { renderOutput } from '../render/output.js'
import { usageError } from '../usage-error.js'

interface Options extends ConnectionOptions {
  readonly json?: true
  readonly component?: string
  readonly for?: string
  readonly share?: string
  readonly latencyMs?: string
}

type Drills = OutputOf<'drill.status'>

const numberOf = (flag: string, text: string, form: RegExp): number => {
  if (form.test(text)) return Number(text)
  throw usageError(`${flag}: ${JSON.stringify(text)} is no such number`)
}

const start = (
  client: Client,
  fault: (typeof FAULTS)[number],
  options: Options,
  io: Io,
): Promise<Drills> => {
  const { component, share, latencyMs } = options
  if (options.for === undefined) throw usageError('say how long: --for 30s')
  return client.call(
    'drill.start',
    {
      fault,
      forMs: durationOption('--for', options.for, DRILL_MS_MAX),
      ...(component !== undefined && { component }),
      ...(share !== undefined && { share: numberOf('--share', share, /^(0(\.\d+)?|1)$/) }),
      ...(latencyMs !== undefined && {
        latencyMs: numberOf('--latency-ms', latencyMs, /^\d{1,6}$/),
      }),
    },
    { signal: io.interrupted },
  )
}

const ask = (
  client: Client,
  what: string | undefined,
  options: Options,
  io: Io,
): Promise<Drills> => {
  const call = { signal: io.interrupted }
  const { component } = options
  if (what === undefined) return client.call('drill.status', {}, call)
  if (what === 'stop')
    return client.call('drill.stop', component === undefined ? {} : { component }, call)
  return start(client, what as (typeof FAULTS)[number], options, io)
}

/** `bzzz drill`: a fault between this node and its peers, to see how it takes it. */
export const addDrillCommand = (program: Command, io: Io): void => {
  const command = program
    .command('drill')
    .description('Put a fault between this node and its peers for a time; or show, or stop it.')
    .addArgument(
      new Argument('[what]', 'the fault, or stop; none: show what is on').choices([
        ...FAULTS,
        'stop',
      ]),
    )
    .option('--for <duration>', 'it ends by itself after this time, at most 10m')
    .option('--share <share>', 'of the calls that it meets, 0 to 1 (default: 1)')
    .option('--latency-ms <ms>', 'longest delay of a call with the fault latency (default: 200)')
    .option('--component <component>', 'default: dht; of stop: all')
  withConnection(command).action(async () => {
    const options = command.opts<Options>()
    const client = await connect(io, options)
    const drills = await ask(client, command.args[0], options, io)
    if (options.json === true) io.out(`${JSON.stringify(encodeOutput('drill.status', drills))}\n`)
    else renderOutput('drill.status', drills, io)
  })
}
