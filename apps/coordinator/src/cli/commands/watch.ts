import { encodeItem, type Client, type ItemOf } from '@bzzz/api'
import { codeOf, isAbort, verdictOf } from '@bzzz/base'
import type { Command } from 'commander'
import { connect, type ConnectionOptions } from '../connect.js'
import type { Io } from '../io.js'
import { withConnection } from '../options.js'
import { pause } from '../pause.js'
import { switchLine } from '../render/switches.js'

interface Options extends ConnectionOptions {
  readonly json?: true
}

/** A coordinator that restarts is back within a second or two. */
const RECONNECT_AFTER_MS = 1_000

const show = (item: ItemOf<'switches'>, isJson: boolean, io: Io): void => {
  io.out(isJson ? `${encodeItem('switches', item)}\n` : `${switchLine(item, io)}\n`)
}

/** Follows one connection to its end. */
const followOnce = async (
  client: Client,
  lastEventId: string | undefined,
  onItem: (item: ItemOf<'switches'>, id: string) => void,
  io: Io,
): Promise<void> => {
  const events = client.watch('switches', { lastEventId, signal: io.interrupted })
  for await (const { id, item } of events) onItem(item, id)
}

const follow = async (options: Options, io: Io): Promise<void> => {
  let lastId: string | undefined
  // The first connection must succeed: a wrong address is no outage that waiting ends.
  let isFirst = true
  while (!io.interrupted.aborted) {
    try {
      // Anew each time: a coordinator that was restarted may listen on another port.
      const client = await connect(io, options)
      const onItem = (item: ItemOf<'switches'>, id: string): void => {
        lastId = id
        show(item, options.json === true, io)
      }
      await followOnce(client, lastId, onItem, io)
    } catch (error) {
      if (io.interrupted.aborted || isAbort(error)) return
      if (isFirst || verdictOf(error) !== 'unavailable') throw error
      io.err(`bzzz: the coordinator is away (${codeOf(error) ?? 'unknown'}); trying again\n`)
    }
    isFirst = false
    await pause(io, RECONNECT_AFTER_MS).catch(() => {})
  }
}

/** `bzzz watch switches`: one line per event, until the user ends it. */
export const addWatchCommand = (program: Command, io: Io): void => {
  const watch = program.command('watch').description('Follow what happens, line by line.')
  const switches = watch
    .command('switches')
    .description('Every switch of a side, a phase or a mode, every alert and every drill.')
  withConnection(switches).action(() => follow(switches.opts<Options>(), io))
}
