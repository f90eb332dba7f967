import type { Logger } from '@bzzz/telemetry'

/** What the parts of a coordinator need of a logger. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
