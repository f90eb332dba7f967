import {
  codeOf,
  delay,
  Emitter,
  isAbort,
  messageOf,
  Service,
  type BzzzError,
  type Clock,
  type ModeSetting,
} from '@bzzz/base'
import { ServerProviderEvents, type EvaluationDetails, type EventHandler } from '@openfeature/core'
import type { HybridControls } from '../controls.js'
import { hybridError } from '../errors.js'
import { flagsError } from './errors.js'
import { judgeAnswers, type FlagAnswers, type FlagEvaluation } from './flag-evaluation.js'
import { modeKey, percentKey } from './flag-keys.js'

/** The part of a client of OpenFeature that is used. */
export interface FlagClient {
  readonly metadata: { readonly providerMetadata?: { readonly name: string } | undefined }
  getStringDetails(key: string, preset: string): Promise<EvaluationDetails<string>>
  getNumberDetails(key: string, preset: number): Promise<EvaluationDetails<number>>
  addHandler(event: ServerProviderEvents, handler: EventHandler): void
  removeHandler(event: ServerProviderEvents, handler: EventHandler): void
}

export interface FollowFlagsOptions {
  readonly clock: Clock
  /** What holds for flags that the provider does not know. Default: the setting at the start. */
  readonly defaults?: (() => ModeSetting) | undefined
  /**
   * Hears once what keeps the flags from being followed (`FLAGS_VALUE_REFUSED`, `FLAGS_PROVIDER_UNAVAILABLE`, and
   * what `setMode` rejects with), and undefined when they are followed again.
   */
  readonly onProblem?: ((problem: BzzzError | undefined) => void) | undefined
  /** Hears every setting that differs from the one before, before it is entered. */
  readonly onSetting?: ((evaluation: FlagEvaluation) => void) | undefined
  /** Hears what the two callbacks throw. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
  /**
   * Time between two evaluations when the provider tells of no change, and until a mode that could not be
   * entered is tried again, milliseconds. Default 30,000.
   */
  readonly pollMs?: number | undefined
  /** Longest wait for the provider in one evaluation, milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined
}

/** More evaluations in a row are not thrown away because the flags changed during each. */
const TORN_MAX = 10

const FOLLOWED = [
  ServerProviderEvents.Ready,
  ServerProviderEvents.ConfigurationChanged,
  ServerProviderEvents.Stale,
  ServerProviderEvents.Error,
] as const

const isSame = (a: ModeSetting, b: ModeSetting): boolean =>
  a.mode === b.mode && a.percent === b.percent

interface Events {
  setting: FlagEvaluation
  problem: BzzzError | undefined
}

/**
 * Sets the mode of a component as its flags say: when they change, never per call. What the flags said last counts as
 * set: a mode that someone enters otherwise stays until the flags change. While they cannot be evaluated,
 * the last good setting stays.
 */
export class FlagFollower extends Service {
  readonly #client: FlagClient
  readonly #controls: HybridControls
  readonly #component: string
  readonly #options: FollowFlagsOptions
  readonly #events: Emitter<Events>
  readonly #ending = new AbortController()
  #evaluation: FlagEvaluation | undefined
  #target: ModeSetting
  #entering: AbortController | undefined
  #entry: Promise<void> = Promise.resolve()
  #isEntered = true
  #evaluationProblem: BzzzError | undefined
  #entryProblem: BzzzError | undefined
  #toldProblem: BzzzError | undefined
  #wake: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()

  constructor(
    client: FlagClient,
    controls: HybridControls,
    component: string,
    options: FollowFlagsOptions,
  ) {
    super(`the flags of ${component}`)
    this.#client = client
    this.#controls = controls
    this.#component = component
    this.#options = options
    this.#target = controls.setting
    this.#events = new Emitter((error) => options.onListenerError?.(error))
    if (options.onSetting !== undefined) this.#events.on('setting', options.onSetting)
    if (options.onProblem !== undefined) this.#events.on('problem', options.onProblem)
  }

  /** The last good evaluation; undefined before the first. */
  get evaluation(): FlagEvaluation | undefined {
    return this.#evaluation
  }

  /** What keeps the flags from being followed now. */
  get problem(): BzzzError | undefined {
    return this.#evaluationProblem ?? this.#entryProblem
  }

  /** Resolves after the first evaluation; a mode may still be being entered. */
  protected async onStart(): Promise<void> {
    const { signal } = this.#ending
    this.#target = this.#controls.setting
    for (const event of FOLLOWED) this.#client.addHandler(event, this.#onEvent)
    await new Promise<void>((resolve) => {
      this.#loop = this.#follow(signal, resolve)
    })
  }

  protected async onStop(): Promise<void> {
    for (const event of FOLLOWED) this.#client.removeHandler(event, this.#onEvent)
    this.#ending.abort()
    this.#entering?.abort()
    await this.#loop
    await this.#entry
  }

  readonly #onEvent: EventHandler = () => {
    this.#wake()
  }

  async #follow(signal: AbortSignal, onFirst: () => void): Promise<void> {
    const { clock, pollMs = 30_000 } = this.#options
    const preset = this.#controls.setting
    let torn = 0
    while (!signal.aborted) {
      let isChanged = false
      const event = new Promise<void>((resolve) => {
        this.#wake = () => {
          isChanged = true
          resolve()
        }
      })
      const outcome = await this.#evaluate(this.#options.defaults?.() ?? preset, signal)
      // Mode and percentage are asked for one after the other: they must be of one state of the flags.
      const isTorn = isChanged && torn < TORN_MAX
      torn = isTorn ? torn + 1 : 0
      if (!isTorn && !signal.aborted) this.#consider(outcome)
      onFirst()
      await this.#eventOrPoll(event, clock, pollMs, signal)
    }
  }

  async #eventOrPoll(
    event: Promise<void>,
    clock: Clock,
    pollMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const waiting = new AbortController()
    const poll = delay(clock, pollMs, { signal: AbortSignal.any([signal, waiting.signal]) })
    await Promise.race([event, poll]).catch(() => {}) // rejects only when stopped
    waiting.abort()
  }

  async #evaluate(preset: ModeSetting, signal: AbortSignal): Promise<FlagEvaluation | BzzzError> {
    const { clock, timeoutMs = 5_000 } = this.#options
    const waiting = new AbortController()
    const late = delay(clock, timeoutMs, { signal: AbortSignal.any([signal, waiting.signal]) })
    try {
      const answers = await Promise.race([this.#ask(preset), late])
      return answers === undefined
        ? unavailable(`it did not answer within ${timeoutMs} ms`)
        : judgeAnswers(this.#component, answers, this.#providerName)
    } catch (error) {
      return unavailable(messageOf(error), error)
    } finally {
      waiting.abort()
    }
  }

  async #ask(preset: ModeSetting): Promise<FlagAnswers> {
    const [mode, percent] = await Promise.all([
      this.#client.getStringDetails(modeKey(this.#component), preset.mode),
      this.#client.getNumberDetails(percentKey(this.#component), preset.percent),
    ])
    return { mode, percent }
  }

  get #providerName(): string {
    return this.#client.metadata.providerMetadata?.name ?? 'provider'
  }

  #consider(outcome: FlagEvaluation | BzzzError): void {
    if (!('setting' in outcome)) {
      this.#evaluationProblem = outcome
      this.#tellProblem()
      return
    }
    this.#evaluationProblem = undefined
    this.#evaluation = outcome
    const { setting } = outcome
    const isNew = !isSame(setting, this.#target)
    if (isNew) this.#events.emit('setting', outcome)
    const isRetry = !this.#isEntered && this.#entering === undefined
    if (isNew || isRetry) this.#enter(outcome)
    this.#tellProblem()
  }

  /** One entry at a time: a newer setting ends the wait for an older one. */
  #enter({ setting, source }: FlagEvaluation): void {
    this.#entering?.abort()
    const entering = new AbortController()
    this.#entering = entering
    this.#target = setting
    this.#isEntered = false
    this.#entry = this.#controls
      .setMode(setting, { reason: reasonOf(source), signal: entering.signal })
      .then(
        () => undefined,
        (error: unknown) => (isAbort(error) ? undefined : asProblem(error)),
      )
      .then((problem) => {
        if (this.#entering !== entering) return
        this.#entering = undefined
        this.#isEntered = problem === undefined
        this.#entryProblem = problem
        this.#tellProblem()
      })
  }

  #tellProblem(): void {
    const { problem } = this
    if (problem?.message === this.#toldProblem?.message) return
    this.#toldProblem = problem
    this.#events.emit('problem', problem)
  }
}

const unavailable = (reason: string, cause?: unknown): BzzzError =>
  flagsError('FLAGS_PROVIDER_UNAVAILABLE', `the flags cannot be evaluated: ${reason}`, { cause })

const asProblem = (error: unknown): BzzzError =>
  codeOf(error) === undefined
    ? hybridError('HYBRID_NOT_READY', messageOf(error), { cause: error })
    : (error as BzzzError)

const reasonOf = ({ mode, percent }: FlagEvaluation['source']): string =>
  mode === percent ? `flags (${mode})` : `flags (mode: ${mode}, percent: ${percent})`

/** A {@link FlagFollower}, not started. */
export const followFlags = (
  client: FlagClient,
  controls: HybridControls,
  component: string,
  options: FollowFlagsOptions,
): FlagFollower => new FlagFollower(client, controls, component, options)
