import type { BzzzError } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** Who may speak to the HTTP surface, beyond loopback names and programs without an origin. */
export interface AccessRules {
  /** Host names and addresses, without a port: any port will do. */
  readonly hosts: readonly string[]
  /** Origins of web pages, as `https://example.org`. */
  readonly origins: readonly string[]
}

/** What access is decided on: the head of a request, before its body is read. */
export interface RequestHead {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  /** Every Host header that was sent. */
  readonly hosts: readonly string[]
  readonly origin?: string | undefined
  /** The Sec-Fetch-Site header. */
  readonly fetchSite?: string | undefined
  /** The address of this machine on which the connection arrived. */
  readonly localAddress?: string | undefined
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Methods that change nothing: the operations table is tested to keep it so. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export const isSafeMethod = (method: string): boolean => SAFE_METHODS.has(method)

/** The name in `name[:port]`, in lower case; undefined for anything else. */
const nameIn = (host: string): string | undefined =>
  /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1]

/** The address as a Host header writes it: IPv6 in brackets, IPv4 mapped into IPv6 as IPv4. */
const asHostName = (address: string): string => {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? `[${plain}]` : plain
}

/**
 * Whether a Host header is ours. A page of a rebound DNS name sends that name; it can send neither
 * a loopback name nor the address that it connected to.
 */
export const isHostAllowed = (
  host: string,
  rules: AccessRules,
  localAddress: string | undefined,
): boolean => {
  const name = nameIn(host)
  if (name === undefined) return false
  if (LOOPBACK_NAMES.has(name)) return true
  if (localAddress !== undefined && name === asHostName(localAddress)) return true
  return rules.hosts.some((allowed) => asHostName(allowed) === name)
}

/** Undefined when the request may go on, else the refusal. */
export const judgeAccess = (head: RequestHead, rules: AccessRules): BzzzError | undefined => {
  const [host, ...furtherHosts] = head.hosts
  if (
    host === undefined ||
    furtherHosts.length > 0 ||
    !isHostAllowed(host, rules, head.localAddress)
  )
    return coordinatorError('HTTP_HOST_REFUSED', 'the Host header of the request is not allowed')
  // A proxy's absolute form names a host of its own, which would go unchecked.
  if (!head.target.startsWith('/'))
    return coordinatorError('HTTP_HOST_REFUSED', 'the request target must be a path')
  const isListed = head.origin !== undefined && rules.origins.includes(head.origin)
  if (head.origin !== undefined && !isListed)
    return coordinatorError('HTTP_ORIGIN_REFUSED', 'the Origin of the request is not allowed')
  if (head.fetchSite === 'cross-site' && !isListed && !isSafeMethod(head.method))
    return coordinatorError('HTTP_CROSS_SITE_REFUSED', 'a page of another site may not write')
  return undefined
}

/** Whether an address to listen on can be reached from this machine only. */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
