import { messageOf, type Clock, type ModeSetting } from '@bzzz/base'
import {
  coordinatorFields,
  explain,
  type CoordinatorConfig,
  type Explained,
  type FieldChange,
  type Loaded,
  type Reload,
} from '@bzzz/config'
import { watchConfig, type ConfigWatch, type ReadConfigOptions } from '@bzzz/config/node'
import type { ConfiguredLayers } from '@bzzz/hybrid/flags'
import type { Log } from '../log.js'
import { noticesOf } from './notices.js'

export type CoordinatorFields = typeof coordinatorFields.fields

export interface LiveConfigOptions {
  /** The configuration that the node was started with. */
  readonly loaded: Loaded<CoordinatorFields>
  readonly sources: ReadConfigOptions
  readonly clock: Clock
  readonly log: Log
  /** Hears of every change that is applied at once. */
  readonly onChange: (config: CoordinatorConfig) => void
}

const LAYERS = { file: 'yaml', environment: 'env', flag: 'flag' } as const

/** The mode of the configuration, under the name of where it stands. */
export const modeLayers = (
  { origins }: Pick<Loaded<CoordinatorFields>, 'origins'>,
  { mode, percent }: ModeSetting,
): ConfiguredLayers => {
  const { place } = origins.dhtMode
  return place === undefined ? {} : { [LAYERS[place.source]]: { mode, percent } }
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

const changeText = ({ path, from, to, place }: FieldChange): string =>
  `${path}: ${from} -> ${to}${place === undefined ? '' : ` (${place})`}`

/** The configuration of a running node, which follows its file. */
export class LiveConfig {
  readonly #options: LiveConfigOptions
  readonly #watch: ConfigWatch<CoordinatorFields>

  constructor(options: LiveConfigOptions) {
    this.#options = options
    const { loaded, sources, clock, log } = options
    this.#watch = watchConfig(coordinatorFields, {
      ...sources,
      running: loaded,
      clock,
      onChange: (reload) => {
        this.#changed(reload)
      },
      onProblem: (problem) => {
        if (problem === undefined) log.info('the configuration file is good again')
        else log.error('the configuration file is refused', { error: messageOf(problem) })
      },
      onListenerError: (error) => {
        log.error('a listener of the configuration failed', { error })
      },
    })
  }

  get watch(): ConfigWatch<CoordinatorFields> {
    return this.#watch
  }

  get loaded(): Loaded<CoordinatorFields> {
    return this.#watch.loaded
  }

  settings(): readonly Explained[] {
    return explain(coordinatorFields, this.#watch.loaded)
  }

  /** Settings without effect, for the status. */
  notices(): readonly string[] {
    const { loaded, problem, needsRestart } = this.#watch
    return [
      ...(problem === undefined
        ? []
        : [
            `the configuration file is refused, what was good before holds: ${oneLine(problem.message)}`,
          ]),
      ...needsRestart.map((change) => `needs a restart: ${changeText(change)}`),
      ...noticesOf(loaded),
    ]
  }

  #changed({ loaded, applied, needsRestart }: Reload<CoordinatorFields>): void {
    const { log, onChange } = this.#options
    for (const change of applied) log.info('a setting changed', { setting: changeText(change) })
    for (const change of needsRestart)
      log.warn('a setting needs a restart', { setting: changeText(change) })
    if (applied.length > 0) onChange(loaded.config)
  }
}
