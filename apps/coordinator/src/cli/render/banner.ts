import type { Coordinator } from '../../coordinator.js'
import type { Io } from '../io.js'
import type { Settings } from '../load-settings.js'
import { palette, printableLine, table } from '../text.js'

export interface Banner {
  readonly coordinator: Coordinator
  readonly version: string
  readonly settings: Settings
  readonly io: Io
}

/** What `bzzz start` says once it serves. */
export const renderBanner = ({ coordinator, version, settings, io }: Banner): void => {
  const { bold, good, faint } = palette(io)
  const { backend, url, dataDirectory } = coordinator
  const { config, isDefaultDirectory } = settings
  const { mode } = backend.dht.controls.setting
  const kind =
    mode === 'mock'
      ? 'keeps records on this machine'
      : `replicates records to ${config.dhtReplicas} nodes over libp2p (mode ${mode})`
  const durability =
    backend.store.durability === 'disk'
      ? 'each is on disk before it is acknowledged'
      : 'in memory only, gone after a restart'
  const rows = [
    ['  data', dataDirectory],
    ['  http', url],
    ['  peer id', backend.peerId],
    ...backend.addresses().map((address) => ['  libp2p', address]),
  ]
  // Another terminal finds the default directory by itself.
  const where = isDefaultDirectory ? '' : ` --data-directory ${shellQuote(dataDirectory)}`
  const call = (command: string): string => `  ${good(`${io.program} ${command}${where}`)}\n`
  const { status, reason } = backend.dht.controls.health()
  if (status === 'degraded' && reason !== undefined)
    io.err(`bzzz: serving from this machine for now: ${printableLine(reason)}\n`)
  io.out(
    `${bold(`bzzz ${version}`)} ${kind}; ${durability}\n${table(rows)}\n\n` +
      `Try, in another terminal:\n${call('put notes/plan "ship on Friday"')}${call('get notes/plan')}${call('status')}` +
      `${call('import docs')}${faint('Ctrl-C stops it.')}\n`,
  )
}

const shellQuote = (text: string): string =>
  /^[\w/.:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
