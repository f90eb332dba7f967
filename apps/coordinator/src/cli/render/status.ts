import type { OutputOf } from '@bzzz/api'
import type { Io } from '../io.js'
import { duration, palette, printableLine, table } from '../text.js'
import { modeText } from './mode.js'
import { alertsText, drillsText } from './operator.js'

type Status = OutputOf<'status'>

const BACKENDS = {
  mock: 'embedded: records stay on this machine',
  real: 'libp2p: records are replicated to peers, and read from them alone',
  hybrid: 'hybrid: records are replicated to peers; this machine answers while they cannot',
} as const

const overview = (status: Status): readonly (readonly string[])[] => [
  ['node', status.peerId],
  ['version', `${status.version}, up ${duration(status.uptimeMs)}`],
  ['backend', BACKENDS[status.backend]],
  ['records', `${status.records}, ${status.durability === 'disk' ? 'on disk' : 'in memory only'}`],
  ['http', status.httpAddress],
  ...(status.dataDirectory === undefined ? [] : [['data', status.dataDirectory]]),
  ...status.multiaddrs.map((address) => ['libp2p', address]),
  ...(status.backend === 'mock'
    ? []
    : [
        [
          'peers',
          `${status.peers.connected} connected, ${status.peers.suspect} suspect, ${status.peers.disconnected} disconnected`,
        ],
      ]),
]

const healthTable = (rows: Status['health']): string =>
  table([
    ['COMPONENT', 'BACKEND', 'STATUS', 'SERVING', 'LATENCY', 'ERRORS', 'LAST CHECK'],
    ...rows.map((row) => [
      row.component,
      row.backend,
      row.status,
      row.serving ?? '-',
      `${row.latency_ms.toFixed(1)} ms`,
      String(row.error_count),
      row.last_check.startsWith('1970-') ? 'not yet' : row.last_check,
    ]),
  ])

/** `bzzz status` for a person. */
export const renderStatus = (status: Status, io: Io): void => {
  const { good, warn, bad } = palette(io)
  const mark = status.ready
    ? good('ready')
    : bad(`not ready: ${printableLine(status.reason ?? 'unknown')}`)
  io.out(`${mark}\n${table(overview(status))}\n`)
  const { alerts = [], drills = [], components = [] } = status
  io.out(alertsText(alerts, io))
  io.out(drillsText(drills, io))
  if (components.length > 0) io.out(`\n${modeText(components, io)}`)
  if (status.health.length > 0) io.out(`\n${healthTable(status.health)}\n`)
  for (const { node, state, error } of status.bootstrap)
    if (state !== 'connected')
      io.out(
        `${warn('bootstrap')} ${printableLine(node)} is ${state}${error === undefined ? '' : `: ${printableLine(error)}`}\n`,
      )
  for (const notice of status.notices) io.out(`${warn('notice')} ${printableLine(notice)}\n`)
}
