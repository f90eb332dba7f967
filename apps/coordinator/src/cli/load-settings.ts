import {
  coordinatorFields,
  type CoordinatorConfig,
  type Loaded,
  type Overrides,
} from '@bzzz/config'
import { defaultDataDirectory, readConfig, type ReadConfigOptions } from '@bzzz/config/node'
import { resolve } from 'node:path'
import type { Io } from './io.js'

export interface Settings {
  readonly loaded: Loaded<typeof coordinatorFields.fields>
  readonly config: CoordinatorConfig
  /** Where they were read from, for a running coordinator to read again. */
  readonly sources: ReadConfigOptions
  /** Absolute path. */
  readonly dataDirectory: string
  /** True when nothing states the data directory. */
  readonly isDefaultDirectory: boolean
}

/** The settings that hold for a command: defaults, file, environment, flags. */
export const loadSettings = async (
  io: Io,
  file: string | undefined,
  overrides: Overrides,
): Promise<Settings> => {
  const sources = { file, env: io.env, overrides }
  return settingsOf(io, await readConfig(coordinatorFields, sources), sources)
}

/** A loaded configuration with the directory that it leads to. */
export const settingsOf = (
  io: Pick<Io, 'cwd' | 'env' | 'home'>,
  loaded: Settings['loaded'],
  sources: ReadConfigOptions = {},
): Settings => {
  const { config } = loaded
  const stated = config.dataDirectory
  return {
    loaded,
    config,
    sources,
    dataDirectory: resolve(io.cwd, stated ?? defaultDataDirectory(io.env, io.home)),
    isDefaultDirectory: stated === undefined,
  }
}
