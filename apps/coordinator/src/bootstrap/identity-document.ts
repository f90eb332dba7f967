import { z } from 'zod'
import { coordinatorError } from '../errors.js'

/** A coordinator listens on a handful of addresses; a longer list is an attempt to make us dial. */
const ADDRESSES_MAX = 16

/** Base58 without look-alikes, as every libp2p peer id in text. */
const documentSchema = z.object({
  peerId: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{20,80}$/),
  multiaddrs: z.array(z.string().startsWith('/').max(256)).max(ADDRESSES_MAX),
})

export interface ClaimedIdentity {
  readonly peerId: string
  /** Addresses to try, best first, each ending in `/p2p/<peerId>`. */
  readonly addresses: readonly string[]
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')

const hostOf = (address: string): string => address.split('/')[2] ?? ''

/**
 * Reads what the HTTP port at `host` claims. Nothing of it is believed yet: the dial must prove the
 * id. Addresses that name another peer are dropped, and so are loopback addresses of another
 * machine, which would lead to ourselves.
 */
export const readClaim = (document: unknown, host: string): ClaimedIdentity => {
  const parsed = documentSchema.safeParse(document)
  if (!parsed.success)
    throw coordinatorError('BOOTSTRAP_IDENTITY_INVALID', 'not an identity document')
  const { peerId } = parsed.data
  const suffix = `/p2p/${peerId}`
  const addresses = parsed.data.multiaddrs
    .filter((address) => !address.includes('/p2p/') || address.endsWith(suffix))
    .filter((address) => isLoopback(host) || !isLoopback(hostOf(address)))
    .map((address) => (address.endsWith(suffix) ? address : address + suffix))
    // The address under which we already reach the machine is the likeliest to work.
    .toSorted((a, b) => Number(hostOf(b) === host) - Number(hostOf(a) === host))
  if (addresses.length === 0)
    throw coordinatorError(
      'BOOTSTRAP_IDENTITY_INVALID',
      `${peerId} names no libp2p address that can be reached from here: does it run with libp2p, and listen beyond loopback?`,
    )
  return { peerId, addresses }
}
