import { formatVersion, type OperationName, type OutputOf } from '@bzzz/api'
import { fromUtf8 } from '@bzzz/base'
import { formatExplained } from '@bzzz/config'
import type { Io } from '../io.js'
import { palette, printable, printableLine, table } from '../text.js'
import { usageError } from '../usage-error.js'
import { renderStatus } from './status.js'

/** What becomes of a pending write: one that asks for more replicas than there are waits for nodes. */
const prospect = ({ level, replicas }: OutputOf<'put'>): string =>
  typeof level === 'number' && level > replicas
    ? `${level} were asked for, and there are no more; this node keeps the write`
    : 'this node keeps the write and goes on sending it'

const receipt = (verb: string, output: OutputOf<'put'>, io: Io): void => {
  const { good, warn, faint } = palette(io)
  const { key, outcome, heldBy, replicas, durability, version } = output
  const held = `on ${heldBy.length} of ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}, ${
    durability === 'disk' ? 'synced to disk' : 'in memory'
  }`
  const mark = outcome === 'pending' ? warn('pending') : good(verb)
  const more = outcome === 'pending' ? `; ${prospect(output)}` : ''
  io.out(`${mark} ${printableLine(key)}: ${held}${more}\n`)
  io.out(faint(`  version ${printableLine(formatVersion(version))}\n`))
}

/** Bytes as they are for a pipe; for a terminal only text, and nothing that would drive it. */
const value = ({ value: bytes }: OutputOf<'get'>, io: Io): void => {
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
