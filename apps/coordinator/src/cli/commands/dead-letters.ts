import { encodeOutput } from '@bzzz/api'
import type { Command } from 'commander'
import { connect, type ConnectionOptions } from '../connect.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { renderOutput } from '../render/output.js'

type Options = ConnectionOptions & { readonly json?: true }

/** `bzzz dead-letters`: records that peers refuse for good, and to try one again. */
export const addDeadLettersCommand = (program: Command, io: Io): void => {
  const group = program
    .command('dead-letters')
    .description('Records that peers refuse for good; each is kept on this machine.')
  withConnection(group).action(async () => {
    const options = group.opts<Options>()
    const client = await connect(io, options)
    const letters = await client.call('dead-letters', {}, { signal: io.interrupted })
    if (options.json === true) io.out(`${JSON.stringify(encodeOutput('dead-letters', letters))}\n`)
    else renderOutput('dead-letters', letters, io)
  })
  const retry = group
    .command('retry')
    .description('Forget a dead letter, and try its record again.')
    .argument('<key>')
  withConnection(retry).action(async () => {
    // Options of one name belong to the group where they stand before `retry`.
    const options = { ...group.opts<Options>(), ...retry.opts<Options>() }
    const client = await connect(io, options)
    const key = retry.args[0] ?? ''
    const retried = await client.call('dead-letters.retry', { key }, { signal: io.interrupted })
    if (options.json === true)
      io.out(`${JSON.stringify(encodeOutput('dead-letters.retry', retried))}\n`)
    else renderOutput('dead-letters.retry', retried, io)
  })
}
