import type { ConnectionGater } from '@libp2p/interface'
import { ipGroup, ipOf, isLoopback } from './addresses.js'
import { IpBudget } from './ip-budget.js'

/** Peers behind one address: a household or an office. */
const PER_IP_MAX = 8

/** On one machine: a mesh of 30 nodes in which both ends may dial at once. */
const PER_LOOPBACK_MAX = 64

export interface GaterOptions {
  /** Only these may connect or be dialled; undefined admits anyone. */
  readonly allowPeers: ReadonlySet<string> | undefined
  /** Overrides both defaults. */
  readonly connectionsPerIpMax: number | undefined
  readonly nowMs: () => number
  readonly onRefused: (reason: string) => void
}

/**
 * Decides about connections: places and pace per remote IP before the handshake, the allow-list as
 * soon as the handshake has proven who it is. It denies no address as such: what may be dialled is
 * configured, and private addresses are the normal case.
 */
export const createGater = (options: GaterOptions): ConnectionGater => {
  const { allowPeers, connectionsPerIpMax, nowMs, onRefused } = options
  const maxFor = (ip: string): number =>
    connectionsPerIpMax ?? (isLoopback(ip) ? PER_LOOPBACK_MAX : PER_IP_MAX)
  const budget = new IpBudget({ maxFor, nowMs })
  const isStranger = (peerId: { toString(): string }): boolean => {
    if (allowPeers === undefined || allowPeers.has(peerId.toString())) return false
    onRefused(`${peerId.toString()} is not on the allow-list`)
    return true
  }
  return {
    denyDialPeer: isStranger,
    denyDialMultiaddr: () => false,
    denyInboundConnection: (connection) => {
      const ip = ipGroup(ipOf(connection.remoteAddr))
      if (!budget.take(ip)) {
        onRefused(`too many connections from ${ip}`)
        return true
      }
      if (connection.status !== 'open') budget.give(ip)
      else
        connection.addEventListener('close', () => {
          budget.give(ip)
        })
      return false
    },
    denyInboundEncryptedConnection: isStranger,
    denyOutboundEncryptedConnection: isStranger,
  }
}
