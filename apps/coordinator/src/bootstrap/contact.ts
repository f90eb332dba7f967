import { messageOf } from '@bzzz/base'
import type { BootstrapNode } from '@bzzz/config'
import { coordinatorError } from '../errors.js'
import { directAddress, formatEntry, identityUrl } from './entry.js'
import { readClaim } from './identity-document.js'

/** What a contact is made with. */
export interface ContactMeans {
  /** Resolves with the peer id that the handshake has proven. */
  dial(address: string, signal: AbortSignal): Promise<string>
  fetchIdentity(url: string, signal: AbortSignal): Promise<unknown>
  /** This node's own id: an entry may well name ourselves. */
  readonly selfId: string
}

const dialFirst = async (
  addresses: readonly string[],
  means: ContactMeans,
  signal: AbortSignal,
): Promise<string> => {
  const failures: string[] = []
  for (const address of addresses) {
    try {
      return await means.dial(address, signal)
    } catch (error) {
      failures.push(`${address}: ${messageOf(error)}`)
    }
  }
  throw coordinatorError('BOOTSTRAP_UNREACHABLE', failures.join('; '))
}

const viaHttp = async (url: string, host: string, means: ContactMeans, signal: AbortSignal) => {
  const claim = readClaim(await means.fetchIdentity(url, signal), host)
  if (claim.peerId === means.selfId) return claim.peerId
  const proven = await dialFirst(claim.addresses, means, signal)
  // The addresses end in the claimed id, so that a dial which proves another one is a bug below us.
  if (proven === claim.peerId) return proven
  throw coordinatorError('BOOTSTRAP_IDENTITY_INVALID', `${url} claims to be another peer`)
}

/**
 * Connects to a bootstrap entry and returns the proven peer id. For `host:port` both meanings are
 * tried at once, and the first that leads to a proven peer wins: neither has to wait for the
 * other's time-out.
 */
export const contact = async (
  entry: BootstrapNode,
  means: ContactMeans,
  signal: AbortSignal,
): Promise<string> => {
  if (entry.kind === 'multiaddr') return means.dial(entry.multiaddr, signal)
  const loser = new AbortController()
  const both = AbortSignal.any([signal, loser.signal])
  try {
    return await Promise.any([
      viaHttp(identityUrl(entry), entry.host, means, both),
      means.dial(directAddress(entry), both),
    ])
  } catch (error) {
    const [http, direct] = error instanceof AggregateError ? error.errors : [error, error]
    throw coordinatorError(
      'BOOTSTRAP_UNREACHABLE',
      `${formatEntry(entry)} answers neither as a coordinator (${messageOf(http)}) nor as a libp2p peer (${messageOf(direct)})`,
    )
  } finally {
    loser.abort()
  }
}
