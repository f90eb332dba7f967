import { pino, type DestinationStream, type Logger as Pino } from 'pino'
import { telemetryError } from '../errors.js'
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from '../log/logger.js'
import { printable, redactor } from '../log/redact.js'

/** Where lines go. Each call brings one whole line with its end. */
export interface LogDestination {
  write(line: string): void
}

export interface CreateLoggerOptions {
  /** Lines below this level are not written. Default `info`. */
  readonly level?: LogLevel
  readonly destination: LogDestination
  /** Names of further secrets. Case and separators do not matter; endings match. Default none. */
  readonly redact?: readonly string[]
}

type Write = (fields: LogFields, message: string) => void

/** What every line has of its own; JSON readers believe the last of two equal names. */
const RESERVED = new Set(['level', 'time', 'message'])

const renamed = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]),
  )

const wrap = (inner: Pino, shown: (fields: LogFields) => LogFields): Logger => {
  const line =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}): void => {
      if (!inner.isLevelEnabled(level)) return
      const write: Write = inner[level].bind(inner)
      // Fields first: pino would take a % in the message for a format if values followed it.
      write(shown(fields), printable(message))
    }
  return {
    trace: line('trace'),
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => wrap(inner.child(shown(fields)), shown),
    isEnabled: (level) => inner.isLevelEnabled(level),
  }
}

/** A destination whose failure is nobody's: a full disk or a closed pipe must not stop the node. */
const forgiving = (destination: LogDestination): DestinationStream => ({
  write: (line) => {
    try {
      destination.write(line)
    } catch {
      // There is nowhere left to say it.
    }
  },
})

/**
 * A logger that writes JSON lines: `{"level":"info","time":"2026-…Z","message":"…", …fields}`.
 * Secrets are redacted by the names of their keys, and bytes are shown by length.
 * Throws `LOG_LEVEL_INVALID`.
 */
export const createLogger = (options: CreateLoggerOptions): Logger => {
  const level = options.level ?? 'info'
  if (!LOG_LEVELS.includes(level))
    throw telemetryError('LOG_LEVEL_INVALID', `no log level: ${JSON.stringify(level)}`)
  const redact = redactor(options.redact)
  const inner = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Fields are plain data by now; pino's serializers would treat `err` and `req` in its own way.
      serializers: {},
    },
    forgiving(options.destination),
  )
  return wrap(inner, (fields) => renamed(redact(fields)))
}
