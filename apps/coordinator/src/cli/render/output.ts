import { formatVersion, type OperationName, type OutputOf } from '@bzzz/api'
import { fromUtf8 } from '@bzzz/base'
import { formatExplained } from '@bzzz/config'
import type { Io } from '../io.js'
import { duration, palette, printable, printableLine, table } from '../text.js'
import { usageError } from '../usage-error.js'
import { modeText } from './mode.js'
import { renderAlerts, renderDeadLetters, renderDrills, renderMetrics } from './operator.js'
import { renderStatus } from './status.js'

/** What becomes of a pending write: one that asks for more replicas than there are waits for nodes. */
const prospect = ({ level, replicas }: OutputOf<'put'>): string =>
  typeof level === 'number' && level > replicas
    ? `${level} were asked for, and there are no more; this node keeps the write`
    : 'this node keeps the write and goes on sending it'

const receipt = (verb: string, output: OutputOf<'put'>, io: Io): void => {
  const { good, warn, faint } = palette(io)
  const { key, outcome, level, heldBy, replicas, durability, version } = output
  const held = `on ${heldBy.length} of ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}, ${
    durability === 'disk' ? 'synced to disk' : 'in memory'
  } (level ${level})`
  const mark = outcome === 'pending' ? warn('pending') : good(verb)
  const more = outcome === 'pending' ? `; ${prospect(output)}` : ''
  io.out(`${mark} ${printableLine(key)}: ${held}${more}\n`)
  io.out(faint(`  version ${printableLine(formatVersion(version))}\n`))
}

/** Where an answer came from, beside it: the value itself goes to standard output alone. */
const explain = ({ explanation }: OutputOf<'get'>, io: Io): void => {
  if (explanation === undefined) return
  const { source, reason, staleForMs } = explanation
  const stale =
    staleForMs === undefined
      ? 'the peers never answered here'
      : staleForMs === 0
        ? 'not stale'
        : `may lack what peers wrote in the last ${duration(staleForMs)}`
  io.err(`from ${source}: ${printableLine(reason)}; ${stale}\n`)
}

/** Bytes as they are for a pipe; for a terminal only text, and nothing that would drive it. */
const value = (output: OutputOf<'get'>, io: Io): void => {
  const { value: bytes } = output
  explain(output, io)
  if (!io.isTerminal) {
    io.outBytes(bytes)
    return
  }
  let text: string
  try {
    text = fromUtf8(bytes)
  } catch {
    throw usageError(
      `the value is ${bytes.length} bytes that are no text: redirect the output, or use --json`,
    )
  }
  io.out(`${printable(text)}${text.endsWith('\n') ? '' : '\n'}`)
}

const peers = ({ peers: rows }: OutputOf<'peers'>, io: Io): void => {
  if (rows.length === 0) {
    io.out('no other node is known\n')
    return
  }
  const cells = rows.map(({ peerId, state, rttMs, addresses }) => [
    peerId,
    state,
    rttMs === undefined ? '-' : `${rttMs.toFixed(1)} ms`,
    addresses[0] ?? '-',
  ])
  io.out(`${table([['PEER', 'STATE', 'ROUND TRIP', 'ADDRESS'], ...cells])}\n`)
}

const identity = (
  { peerId, multiaddrs, version, contract }: OutputOf<'identity'>,
  io: Io,
): void => {
  const rows = [['peer id', peerId], ...multiaddrs.map((address) => ['address', address])]
  io.out(`${table([...rows, ['version', version], ['contract', contract]])}\n`)
}

/** How the components stand, however that came about. */
const modes = ({ components }: OutputOf<'mode'>, io: Io): void => {
  io.out(modeText(components, io))
}

/** The result of an operation for a person. */
const renderers: { readonly [N in OperationName]: (output: OutputOf<N>, io: Io) => void } = {
  identity,
  status: renderStatus,
  peers,
  get: value,
  put: (output, io) => {
    receipt('written', output, io)
  },
  delete: (output, io) => {
    receipt('deleted', output, io)
  },
  mode: modes,
  'mode.set': modes,
  'mode.clear': modes,
  rollback: modes,
  'metrics.hybrid': renderMetrics,
  'dead-letters': renderDeadLetters,
  'dead-letters.retry': ({ component, key }, io) => {
    io.out(`${component} tries ${printableLine(key)} again\n`)
  },
  'drill.start': renderDrills,
  'drill.stop': renderDrills,
  'drill.status': renderDrills,
  alerts: renderAlerts,
  'config.explain': ({ settings }, io) => {
    io.out(`${printable(formatExplained(settings))}\n`)
  },
}

export const renderOutput = <N extends OperationName>(
  name: N,
  output: OutputOf<N>,
  io: Io,
): void => {
  renderers[name](output, io)
}
