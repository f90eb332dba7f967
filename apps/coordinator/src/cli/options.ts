import { coordinatorFields, flagsOf, type Overrides } from '@bzzz/config'
import type { Command } from 'commander'

/** Every command can be read by a program. */
export const withJson = (command: Command): Command =>
  command.option('--json', 'print the result as JSON, and errors as JSON on standard error')

/** What finds the coordinator that a command speaks to. */
export const withConnection = (command: Command): Command =>
  withJson(command)
    .option('--config <file>', 'YAML file with the settings of that coordinator')
    .option('--data-directory <path>', 'data directory of that coordinator')
    .option('--url <url>', 'address of a coordinator, instead of the one on the data directory')
    .option('--token-file <file>', 'file with the token of the coordinator at --url')

/** Every setting as a flag. */
export const withSettings = (command: Command): Command => {
  command.option('--config <file>', 'YAML file with settings (BZZZ_CONFIG_FILE)')
  for (const { name, argument, help } of flagsOf(coordinatorFields))
    command.option(`--${name} ${argument}`, help)
  return withJson(command)
}

/** The settings among the options of a command, by flag name. */
export const settingsIn = (command: Command): Overrides => {
  const values = command.opts<Record<string, string | boolean | undefined>>()
  const flags = new Set(flagsOf(coordinatorFields).map(({ name }) => name))
  return Object.fromEntries(
    command.options
      .map((option) => [option.name(), values[option.attributeName()]] as const)
      .filter(([name, value]) => flags.has(name) && value !== undefined),
  )
}
