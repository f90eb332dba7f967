/** From the most to the least talkative; `silent` writes nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a line says beside its message. Secrets are redacted by key, bytes are shown by length. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured log lines: a constant message, and what varies in fields. Never throws. */
export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger
  /** False when lines of this level go nowhere: to spare the work of making their fields. */
  isEnabled(level: Exclude<LogLevel, 'silent'>): boolean
}

const ignore = (): void => {}

/** Writes nothing. The default of everything that takes a logger. */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
  isEnabled: () => false,
}
