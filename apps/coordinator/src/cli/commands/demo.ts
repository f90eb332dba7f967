import { formatVersion } from '@bzzz/api'
import { codeOf, systemClock, systemRandom } from '@bzzz/base'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { NodeClient } from '../../demo/node-client.js'
import { runDemo, type DemoReport } from '../../demo/run-demo.js'
import { connectTo } from '../connect.js'
import type { Io } from '../io.js'
import { withJson } from '../options.js'
import { renderDemo } from '../render/demo.js'
import { duration, palette } from '../text.js'

const parseNodes = (text: string): number => {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('write a number from 1 to 9')
  return Number(text)
}

const parseLoadMs = (text: string): number => {
  const ms = Number(text)
  if (!/^\d{3,6}$/.test(text))
    throw new InvalidArgumentError('write milliseconds from 100 to 999999')
  return ms
}

const connectNode = async (dataDirectory: string): Promise<NodeClient> => {
  const client = await connectTo(dataDirectory)
  return {
    // A level that is named is never weakened: what this node acknowledges, the others can read.
    put: (key, value, opId) => client.call('put', { key, value, opId, level: 'quorum' }),
    get: async (key, level = 'quorum') => {
      try {
        const { value, version } = await client.call('get', { key, level })
        return { value, version: formatVersion(version) }
      } catch (error) {
        if (codeOf(error) === 'API_RECORD_NOT_FOUND') return undefined
        throw error
      }
    },
    status: async () => {
      const { peers, records, digest = '', components = [] } = await client.call('status', {})
      const isServing = components.every(({ serving }) => serving === 'real')
      return { connectedPeers: peers.connected, isServing, records, digest }
    },
  }
}

interface Options {
  readonly nodes: number
  readonly keep?: true
  readonly loadMs: number
  readonly json?: true
}

const run = async (options: Options, io: Io): Promise<DemoReport> => {
  const { good } = palette({ env: io.env, isTerminal: io.isErrTerminal })
  const report = await runDemo({
    nodes: options.nodes,
    keep: options.keep === true,
    loadMs: options.loadMs,
    clock: systemClock,
    random: systemRandom,
    connect: ({ dataDirectory }) => connectNode(dataDirectory),
    onStep: ({ what, tookMs }) => {
      io.err(`${good('ok')} ${what} (${duration(tookMs)})\n`)
    },
    signal: io.interrupted,
  })
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`)
  else renderDemo(report, io)
  return report
}

/** `bzzz demo`: real processes, one kill, and checks of what was promised. */
export const addDemoCommand = (program: Command, io: Io): void => {
  const command = program
    .command('demo')
    .description('Start several coordinators, kill one under load, and check that nothing is lost.')
    .option('--nodes <count>', 'how many, 1 to 9', parseNodes, 3)
    .option('--keep', 'leave the data directories and logs')
    .addOption(
      new Option('--load-ms <ms>', 'length of each phase of load')
        .argParser(parseLoadMs)
        .default(2_000)
        .hideHelp(),
    )
  withJson(command).action(async () => {
    await run(command.opts<Options>(), io)
  })
}
