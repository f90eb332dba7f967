import type {
  Port,
  ReadOp,
  StampedRecord,
  StreamOp,
  SubscribeOp,
  WriteIntent,
  WriteOp,
} from '@bzzz/base'

/** Rows of an op table as the generic mechanism sees them. */
export type ReadRow = ReadOp<readonly unknown[], unknown>
export type WriteRow = WriteOp<readonly unknown[], unknown>
export type StreamRow = StreamOp<unknown>
export type SubscribeRow = SubscribeOp<unknown>
export type Row = ReadRow | WriteRow | StreamRow | SubscribeRow

export type Method = (...args: readonly unknown[]) => unknown
export type AsyncMethod = (...args: readonly unknown[]) => Promise<unknown>

export const rowsOf = <I>(port: Port<I>): readonly (readonly [string, Row])[] =>
  Object.entries(port.ops as unknown as Record<string, Row>)

/** A method of one side, bound to it. */
export const methodOf = (side: object, name: string): Method =>
  ((side as Record<string, Method>)[name] as Method).bind(side)

export const isStamped = (intent: WriteIntent | StampedRecord): intent is StampedRecord =>
  'version' in intent

/** `f(...args)`: the arguments as they came and no more, without a spread where they are few. */
export const invoke = <R>(f: (...args: readonly unknown[]) => R, args: readonly unknown[]): R => {
  if (args.length === 1) return f(args[0])
  return args.length === 2 ? f(args[0], args[1]) : f(...args)
}

interface LastArgument {
  readonly signal?: AbortSignal | undefined
  readonly explain?: boolean | undefined
}

const NO_OPTIONS: LastArgument = {}

/** The options that end the arguments of every method. */
export const optionsOf = (args: readonly unknown[]): LastArgument => {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null ? last : NO_OPTIONS
}
