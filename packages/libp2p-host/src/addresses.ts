import { messageOf } from '@bzzz/base'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { hostError } from './errors.js'

const TEXT_MAX = 512

/** Reads a multiaddr. Throws `HOST_ADDRESS_INVALID`. */
export const parseAddress = (address: string): Multiaddr => {
  if (address.length > TEXT_MAX)
    throw hostError('HOST_ADDRESS_INVALID', `an address of ${address.length} characters`)
  try {
    const parsed = multiaddr(address)
    if (parsed.getComponents().length > 0) return parsed
  } catch (cause) {
    throw hostError('HOST_ADDRESS_INVALID', `"${address}": ${messageOf(cause)}`, { cause })
  }
  throw hostError('HOST_ADDRESS_INVALID', 'an empty address')
}

/** Reads a peer id. Throws `HOST_ADDRESS_INVALID`. */
export const parsePeerId = (text: string): PeerId => {
  try {
    return peerIdFromString(text)
  } catch (cause) {
    const shown = text.slice(0, 80)
    throw hostError('HOST_ADDRESS_INVALID', `"${shown}" is not a peer id`, { cause })
  }
}

/** The peer id that a multiaddr ends in, if any. */
export const peerIdIn = (address: Multiaddr): string | undefined =>
  address.getComponents().findLast(({ name }) => name === 'p2p')?.value

/** The multiaddr with `/p2p/<id>` behind it. Throws `HOST_ADDRESS_INVALID` when it names another peer. */
export const withPeerId = (address: Multiaddr, peerId: string): Multiaddr => {
  const named = peerIdIn(address)
  if (named === undefined) return address.encapsulate(`/p2p/${peerId}`)
  if (named === peerId) return address
  throw hostError('HOST_ADDRESS_INVALID', `${address.toString()} is not an address of ${peerId}`)
}

/** The IP of a network multiaddr, or the empty string. */
export const ipOf = (address: Multiaddr): string =>
  address.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value ?? ''

export const isLoopback = (ip: string): boolean =>
  ip === '::1' || ip.startsWith('127.') || ip.startsWith('::ffff:127.')

/** What counts as one remote: an IPv4 address, or the /64 of an IPv6 address, which one host owns. */
export const ipGroup = (ip: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!ip.includes(':') || isLoopback(ip)) return ip
  const [head = '', tail] = ip.toLowerCase().split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
