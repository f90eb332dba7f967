export { HOST_ERRORS, hostError } from './errors.js'
export type { HostEvent, Libp2pHostOptions } from './options.js'
export { Libp2pHost, type DialOptions, type HostServices } from './host.js'
