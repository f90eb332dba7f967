import { quote } from '../problem.js'
import { bad, good, type ValueType } from '../value-type.js'
import { formatHostPort, parseHostPort } from './host.js'
import { parseMultiaddr } from './multiaddr.js'

/** A node to join through: its libp2p address, or a host and port that have to be probed. */
export type BootstrapNode =
  | { readonly kind: 'multiaddr'; readonly multiaddr: string }
  | { readonly kind: 'host-port'; readonly host: string; readonly port: number }

/** A multiaddr, or `host:port` where the port is a libp2p TCP port or a coordinator's HTTP port. */
export const bootstrapNodeType = (): ValueType<BootstrapNode> => ({
  name: 'node',
  accepts:
    'a multiaddr, or `host:port` with a libp2p TCP port or the HTTP port of a coordinator (IPv6 in brackets)',
  parse(text) {
    if (text.startsWith('/')) {
      const parsed = parseMultiaddr(text)
      return parsed.ok ? good({ kind: 'multiaddr', multiaddr: parsed.value }) : parsed
    }
    const parsed = parseHostPort(text)
    return parsed.ok ? good({ kind: 'host-port', ...parsed.value }) : parsed
  },
  format: (node) => (node.kind === 'multiaddr' ? node.multiaddr : formatHostPort(node)),
})

/** A URL of a coordinator's HTTP interface. */
export const endpointType = (): ValueType<string> => ({
  name: 'url',
  accepts: 'a URL `http://host:port` or `https://host:port`',
  parse(text) {
    const match = /^https?:\/\/([^/]+)\/?$/.exec(text)
    if (match === null)
      return bad(
        `${quote(text)} is not the URL of a coordinator`,
        'write for example http://192.168.1.100:4280',
      )
    const parsed = parseHostPort(match[1] ?? '')
    return parsed.ok ? good(text) : parsed
  },
  format: String,
})
