import { quote } from '../problem.js'
import { bad, good, type Parsed, type ValueType } from '../value-type.js'
import { isHostName, isIp4, isIp6, parsePort } from './ip.js'

export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
}

const EXAMPLES = 'write host:port, for example 192.168.1.100:4281 or [fd00::7]:4281'

/** Reads `host:port`; IPv6 addresses stand in brackets. */
export const parseHostPort = (text: string): Parsed<HostPort> => {
  const scheme = /^[a-z][a-z\d+.-]*:\/\/([^/]*)/i.exec(text)
  if (scheme !== null)
    return bad(`${quote(text)} is a URL`, `write only its host and port: ${scheme[1] ?? ''}`)
  if (isIp6(text))
    return bad(`${quote(text)} has no brackets`, `write [${text}]:port, as in [::1]:4281`)
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(.*)$/.exec(text)
  if (match === null) return bad(`${quote(text)} has no port`, EXAMPLES)
  const [, bracketed, plain, portText = ''] = match
  const port = parsePort(portText)
  if (bracketed !== undefined && !isIp6(bracketed))
    return bad(`${quote(bracketed)} is not an IPv6 address`, EXAMPLES)
  if (plain !== undefined && !isIp4(plain) && !isHostName(plain))
    return bad(`${quote(plain)} is not a host name or an IP address`, EXAMPLES)
  if (port === undefined)
    return bad(`${quote(portText)} is not a port`, 'write a port from 1 to 65535')
  return good({ host: bracketed ?? plain ?? '', port })
}

export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** A host without a port: a name, or an IP address (IPv6 with or without brackets). */
export const hostType = (): ValueType<string> => ({
  name: 'host',
  accepts: 'a host name or an IP address',
  parse(text) {
    const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
    if (isIp6(bare)) return good(bare)
    if (isIp4(text) || isHostName(text)) return good(text)
    const split = parseHostPort(text)
    return bad(
      `${quote(text)} is not a host name or an IP address`,
      split.ok ? `leave the port out: ${split.value.host}` : 'write for example 127.0.0.1',
    )
  },
  format: String,
})

/** What a browser sends as `Origin`: scheme, host and port, and nothing after them. */
export const originType = (): ValueType<string> => ({
  name: 'origin',
  accepts: 'an origin, `https://host` or `http://host:port`, as a browser sends it',
  parse(text) {
    const match = /^(https?):\/\/([^/]+)(\/.*)?$/.exec(text)
    const authority = match?.[2] ?? ''
    const hasPort = parseHostPort(authority).ok
    const isHost =
      hasPort || (match !== null && hostType().parse(authority).ok && !isIp6(authority))
    if (match === null || !isHost)
      return bad(`${quote(text)} is not an origin`, 'write for example http://localhost:5173')
    if (match[3] !== undefined)
      return bad(`${quote(text)} has a path`, `write ${match[1] ?? ''}://${authority}`)
    if (text !== text.toLowerCase())
      return bad(`${quote(text)} has capital letters`, `write ${text.toLowerCase()}`)
    return good(text)
  },
  format: String,
})
