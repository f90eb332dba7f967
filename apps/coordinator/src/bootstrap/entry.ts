import { formatHostPort, type BootstrapNode } from '@bzzz/config'

export type Endpoint = Extract<BootstrapNode, { kind: 'host-port' }>

/** The entry as the user wrote it. */
export const formatEntry = (entry: BootstrapNode): string =>
  entry.kind === 'multiaddr' ? entry.multiaddr : formatHostPort(entry)

/** The endpoint as a libp2p address, for the case that its port speaks libp2p. */
export const directAddress = ({ host, port }: Endpoint): string => {
  const family = host.includes(':') ? 'ip6' : /^\d+\.\d+\.\d+\.\d+$/.test(host) ? 'ip4' : 'dns'
  return `/${family}/${host}/tcp/${port}`
}

/** Where the identity document is, for the case that the port speaks HTTP. */
export const identityUrl = (endpoint: Endpoint): string =>
  `http://${formatHostPort(endpoint)}/v1/identity`
