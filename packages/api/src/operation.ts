import type { z } from 'zod'

/**
 * Who may call an operation.
 * - `open`: anybody who reaches the port.
 * - `read`: anybody on loopback; elsewhere with the token.
 * - `write`, `admin`: only with the token.
 */
export type Role = 'open' | 'read' | 'write' | 'admin'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** An option of a CLI command that fills a field of the input. */
export interface CommandOption<F extends string = string> {
  readonly field: F
  /** With its dashes and, unless it is a switch, the name of its value: `--level <level>`. */
  readonly flags: string
  readonly doc: string
}

/** How an operation reads on the command line. */
export interface CommandShape<F extends string = string> {
  /** `put`, or `config explain`. */
  readonly command: string
  /** Fields that positional arguments fill, in order. All of them are required. */
  readonly args: readonly F[]
  readonly options: readonly CommandOption<F>[]
}

/** What an operation's input looks like before validation: texts, and perhaps a value. */
export type InputSchema = z.ZodObject
export type OutputSchema = z.ZodType<object>

/** One operation of a coordinator. Routes, commands and the OpenAPI page derive from it. */
export interface Operation<
  I extends InputSchema = InputSchema,
  O extends OutputSchema = OutputSchema,
> {
  readonly summary: string
  readonly role: Role
  readonly method: Method
  /**
   * `*` at the end stands for the key, slashes and all. Fields other than `key` and `value` go
   * into the query; `value` is the body.
   */
  readonly path: `/v1/${string}`
  readonly input: I
  readonly output: O
  /** Undefined where the command line composes commands of its own out of several operations. */
  readonly command: CommandShape<keyof z.output<I> & string> | undefined
  /** Error codes that callers should expect, besides those of any request. */
  readonly errors: readonly string[]
}

/** States an operation, with its fields checked against its input. */
export const defineOperation = <I extends InputSchema, O extends OutputSchema>(
  operation: Operation<I, O>,
): Operation<I, O> => operation

/** A stream of a coordinator: one answer that goes on, of server-sent events. */
export interface Stream<T extends z.ZodType = z.ZodType> {
  readonly summary: string
  readonly role: Role
  readonly path: `/v1/${string}`
  /** One event. */
  readonly item: T
  readonly errors: readonly string[]
}

export const defineStream = <T extends z.ZodType>(stream: Stream<T>): Stream<T> => stream

/** True when the path ends in the key. */
export const hasKeyInPath = ({ path }: { readonly path: string }): boolean => path.endsWith('*')

/** True when the body is a value. */
export const hasValueBody = ({ input }: { readonly input: InputSchema }): boolean =>
  'value' in input.shape
