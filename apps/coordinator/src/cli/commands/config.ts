import { coordinatorFields, explain, formatExplained } from '@bzzz/config'
import type { Command } from 'commander'
import { connect } from '../connect.js'
import type { Io } from '../io.js'
import { loadSettings } from '../load-settings.js'
import { settingsIn, withSettings } from '../options.js'
import { printable } from '../text.js'

/** `bzzz config explain`: what a start with these settings would use, or what the running one does. */
export const addConfigCommand = (program: Command, io: Io): void => {
  const config = program.command('config').description('Settings.')
  const command = config
    .command('explain')
    .description('The value of each setting, and where it comes from.')
    .option('--running', 'ask the coordinator that runs, instead of the settings here')
  withSettings(command).action(async () => {
    const options = command.opts<{ config?: string; running?: true; json?: true }>()
    const settings = await loadSettings(io, options.config, settingsIn(command))
    const rows =
      options.running === true
        ? (
            await (
              await connect(io, { dataDirectory: settings.dataDirectory })
            ).call('config.explain', {})
          ).settings
        : explain(coordinatorFields, settings.loaded)
    const text =
      options.json === true ? JSON.stringify({ settings: rows }) : printable(formatExplained(rows))
    io.out(`${text}\n`)
  })
}
