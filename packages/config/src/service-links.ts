import { isIp4, isIp6 } from './types/ip.js'

const isAddress = (text: string): boolean => isIp4(text) || isIp6(text)
const isPort = (text: string): boolean => /^\d{1,5}$/.test(text)
const isUrl = (text: string): boolean => /^(?:tcp|udp|sctp):\/\/[^\s/]+:\d{1,5}$/.test(text)

/**
 * Kubernetes and Docker links put these into the environment of every container, for each service:
 * a service called `bzzz-coordinator` yields BZZZ_COORDINATOR_SERVICE_HOST and more.
 */
const FORMS: readonly (readonly [name: RegExp, value: (text: string) => boolean])[] = [
  [/_SERVICE_HOST$/, isAddress],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, isPort],
  [/_PORT$/, isUrl],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)$/, isUrl],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PROTO$/, (text) => /^(?:tcp|udp|sctp)$/.test(text)],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PORT$/, isPort],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_ADDR$/, isAddress],
]

/** True for a variable that an orchestrator made of a service's name: nobody meant it as a setting. */
export const isServiceLink = (name: string, value: string): boolean =>
  FORMS.some(([form, check]) => form.test(name) && check(value))
