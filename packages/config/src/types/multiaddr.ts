import { quote } from '../problem.js'
import { bad, good, type Parsed, type ValueType } from '../value-type.js'
import { isHostName, isIp4, isIp6 } from './ip.js'

const PEER_ID = /^(?:12D3KooW|16Uiu2HA|Qm)[1-9A-HJ-NP-Za-km-z]{40,46}$/

/** Base58 peer ids of ed25519, secp256k1 and RSA keys, by their form. */
export const isPeerId = (text: string): boolean => PEER_ID.test(text)

/** Protocols that a node can dial or listen on, and the test of their value (none: no value). */
const PROTOCOLS: ReadonlyMap<string, ((value: string) => boolean) | undefined> = new Map([
  ['ip4', isIp4],
  ['ip6', isIp6],
  ['dns', isHostName],
  ['dns4', isHostName],
  ['dns6', isHostName],
  ['tcp', (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535],
  ['p2p', isPeerId],
  ['ws', undefined],
  ['wss', undefined],
  ['tls', undefined],
])

const EXAMPLE = 'write for example /ip4/192.168.1.100/tcp/4281'

const checkParts = (text: string, parts: readonly string[]): Parsed<string> | undefined => {
  for (let at = 0; at < parts.length; at++) {
    const name = parts[at] ?? ''
    if (!PROTOCOLS.has(name))
      return bad(
        `${quote(text)} names the protocol ${quote(name)}, which this node does not speak`,
        `${EXAMPLE} (tcp, ws and wss are spoken)`,
      )
    const check = PROTOCOLS.get(name)
    if (check === undefined) continue
    const value = parts[++at]
    if (value === undefined || !check(value))
      return bad(`${quote(value ?? '')} is not a value for /${name} in ${quote(text)}`, EXAMPLE)
  }
  return undefined
}

/** Checks the form: an address, a TCP port, then perhaps ws, wss or tls, and a peer id. */
export const parseMultiaddr = (text: string): Parsed<string> => {
  if (!text.startsWith('/')) return bad(`${quote(text)} is not a multiaddr`, EXAMPLE)
  const parts = text.slice(1).split('/')
  const wrong = checkParts(text, parts)
  if (wrong !== undefined) return wrong
  const isHost = /^(?:ip[46]|dns[46]?)$/.test(parts[0] ?? '')
  const names = parts.slice(4).join('/')
  if (!isHost || parts[2] !== 'tcp' || !/^(?:tls\/)?(?:wss?)?(?:(?:^|\/)p2p\/[^/]+)?$/.test(names))
    return bad(`${quote(text)} is not an address that can be reached`, EXAMPLE)
  return good(text)
}

/** A multiaddr over TCP or WebSocket. */
export const multiaddrType = (): ValueType<string> => ({
  name: 'multiaddr',
  accepts: 'a multiaddr over tcp, ws or wss, such as `/ip4/127.0.0.1/tcp/4281`',
  parse: parseMultiaddr,
  format: String,
})

/** The id of a libp2p peer, as `bzzz identity` prints it. */
export const peerIdType = (): ValueType<string> => ({
  name: 'peer-id',
  accepts: 'a peer id (`12D3KooW...`), as `bzzz status` prints it',
  parse: (text) =>
    isPeerId(text)
      ? good(text)
      : bad(`${quote(text)} is not a peer id`, 'copy it from `bzzz status` on that machine'),
  format: String,
})
