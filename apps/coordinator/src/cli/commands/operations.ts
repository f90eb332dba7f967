import {
  commandInput,
  commands,
  encodeOutput,
  type Command as OperationCommand,
  type OperationName,
} from '@bzzz/api'
import type { Command } from 'commander'
import { resolve } from 'node:path'
import { connect, type ConnectionOptions } from '../connect.js'
import { EXIT } from '../exit-codes.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { readValueFile } from '../read-value-file.js'
import { renderOutput } from '../render/output.js'
import { fromArguments, usageError } from '../usage-error.js'

/** Asked of the settings here, not of a running coordinator: see the command `config`. */
const NOT_HERE: ReadonlySet<OperationName> = new Set(['config.explain'])

type Options = ConnectionOptions & { readonly json?: true; readonly file?: string } & Readonly<
    Record<string, unknown>
  >

/** The value to write: an argument, standard input for `-`, or a file. */
const readValue = async (
  io: Io,
  argument: string | undefined,
  file: string | undefined,
): Promise<string | Uint8Array> => {
  if (argument !== undefined && file !== undefined)
    throw usageError('the value is given twice, as an argument and with --file')
  if (file !== undefined) return readValueFile(resolve(io.cwd, file), io.interrupted)
  if (argument === undefined)
    throw usageError(
      'the value is missing: give it as an argument, with --file, or as - for standard input',
    )
  return argument === '-' ? io.readInput() : argument
}

const addOperation = (
  program: Command,
  io: Io,
  shape: OperationCommand,
  finish: (code: number) => void,
): void => {
  const takesValue = shape.args.includes('value')
  const command = program.command(shape.command).description(shape.summary)
  for (const arg of shape.args) command.argument(arg === 'value' ? '[value]' : `<${arg}>`)
  if (takesValue)
    command.option(
      '--file <path>',
      'take the value from a file; - as the value: from standard input',
    )
  for (const { flags, doc } of shape.options) command.option(flags, doc)
  withConnection(command).action(async () => {
    const options = command.opts<Options>()
    const args: (string | Uint8Array)[] = command.args.filter((_, at) => shape.args[at] !== 'value')
    if (takesValue)
      args.push(await readValue(io, command.args[shape.args.indexOf('value')], options.file))
    const texts = Object.fromEntries(
      shape.options.map(({ field, flags }) => {
        const option = command.options.find((each) => each.flags === flags)
        const given = option && options[option.attributeName()]
        return [field, given === true ? 'true' : (given as string | undefined)]
      }),
    )
    const input = fromArguments(() => commandInput(shape.operation, args, texts))
    const client = await connect(io, options)
    const output = await client.call(shape.operation, input, { signal: io.interrupted })
    if (options.json === true) io.out(`${JSON.stringify(encodeOutput(shape.operation, output))}\n`)
    else renderOutput(shape.operation, output, io)
    if ('outcome' in output && output.outcome === 'pending') finish(EXIT.unavailable)
  })
}

/** One command per operation of the table. */
export const addOperationCommands = (
  program: Command,
  io: Io,
  finish: (code: number) => void,
): void => {
  for (const shape of commands())
    if (!NOT_HERE.has(shape.operation)) addOperation(program, io, shape, finish)
}
