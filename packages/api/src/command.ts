import { utf8 } from '@bzzz/base'
import { apiError } from './errors.js'
import type { CommandShape } from './operation.js'
import { operationNames, operations, type InputOf, type OperationName } from './operations.js'
import { decodeInput } from './request.js'

/** A command of the CLI. */
export interface Command extends CommandShape {
  readonly operation: OperationName
  readonly summary: string
  /** `put <key> <value>`. */
  readonly usage: string
}

/** Undefined for an operation without a command of its own. */
export const commandOf = (operation: OperationName): Command | undefined => {
  const { command, summary } = operations[operation]
  const shape: CommandShape | undefined = command
  if (shape === undefined) return undefined
  const args = shape.args.map((arg) => `<${arg}>`)
  return { ...shape, operation, summary, usage: [shape.command, ...args].join(' ') }
}

/** Every command, in the order of the table. */
export const commands = (): readonly Command[] =>
  operationNames.map(commandOf).filter((command) => command !== undefined)

/**
 * The input of an operation out of a command line: positional arguments, and options by field name. The value may be
 * a text, or bytes read from elsewhere. Throws `API_REQUEST_INVALID`.
 */
export const commandInput = <N extends OperationName>(
  name: N,
  args: readonly (string | Uint8Array)[],
  options: Readonly<Record<string, string | undefined>> = {},
): InputOf<N> => {
  const command = commandOf(name)
  if (command === undefined)
    throw apiError('API_REQUEST_INVALID', `${name} has no command of its own`)
  const { args: fields, usage, options: known } = command
  if (args.length !== fields.length)
    throw apiError('API_REQUEST_INVALID', `the command reads: bzzz ${usage}`)
  const wire: Record<string, unknown> = {}
  for (const { field } of known) if (options[field] !== undefined) wire[field] = options[field]
  for (const [at, field] of fields.entries()) wire[field] = args[at]
  const flags = Object.fromEntries(
    known.map((each) => [each.field, each.flags.split(' ', 1)[0] ?? '']),
  )
  const { value } = wire
  if (value === undefined) return decodeInput(name, wire, flags)
  const bytes = typeof value === 'string' ? utf8(value) : value
  return { ...decodeInput(name, { ...wire, value: { value: '' } }, flags), value: bytes }
}
