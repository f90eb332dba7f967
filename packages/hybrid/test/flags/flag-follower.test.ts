import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { ManualClock, type BzzzError, type ModeSetting } from '@bzzz/base'
import {
  ErrorCode,
  InMemoryProvider,
  OpenFeature,
  ProviderEvents,
  type Provider,
} from '@openfeature/server-sdk'
import { followFlags, type FlagFollower } from '../../src/flags/flag-follower.js'
import { FlagSources } from '../../src/flags/flag-sources.js'
import { HybridFlagProvider } from '../../src/flags/hybrid-flag-provider.js'
import { FakeControls, settle } from './support.js'

const POLL_MS = 30_000

const followers: FlagFollower[] = []
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.stop()
})
afterAll(() => OpenFeature.close())

let domains = 0

const follow = async (
  provider: Provider,
  more: {
    readonly controls?: FakeControls
    readonly clock?: ManualClock
    readonly defaults?: () => ModeSetting
    readonly onSetting?: () => void
  } = {},
) => {
  const { controls = new FakeControls(), clock = new ManualClock(), defaults, onSetting } = more
  const domain = `follower-${++domains}`
  await OpenFeature.setProviderAndWait(domain, provider)
  const problems: (string | undefined)[] = []
  const errors: unknown[] = []
  const client = OpenFeature.getClient(domain)
  const follower = followFlags(client, controls.controls, 'dht', {
    clock,
    defaults,
    onSetting,
    onProblem: (problem?: BzzzError) => problems.push(problem?.code),
    onListenerError: (error) => errors.push(error),
  })
  followers.push(follower)
  await follower.start()
  await settle()
  return { follower, controls, clock, problems, errors, client, domain }
}

const sourcesOf = (clock: ManualClock): FlagSources =>
  new FlagSources({ components: { dht: { mode: 'mock', percent: 100 } }, clock })

type Values = Readonly<Record<string, unknown>>

const flagsOf = (values: Values): ConstructorParameters<typeof InMemoryProvider>[0] =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      { variants: { it: value as string }, defaultVariant: 'it', disabled: false },
    ]),
  )

/** A user's own provider. */
const ownProvider = (mode: unknown, percent: unknown): InMemoryProvider =>
  new InMemoryProvider(flagsOf({ 'bzzz.dht.mode': mode, 'bzzz.dht.percent': percent }))

const put = async (provider: InMemoryProvider, mode: unknown, percent: unknown): Promise<void> => {
  provider.putConfiguration(flagsOf({ 'bzzz.dht.mode': mode, 'bzzz.dht.percent': percent }) ?? {})
  await settle()
}

describe('the layers of a node', () => {
  test('a setting that holds already is not entered again', async () => {
    const clock = new ManualClock()
    const { controls } = await follow(new HybridFlagProvider(sourcesOf(clock)), { clock })
    expect(controls.asked).toEqual([])
  })

  test('each change is entered once, with its source as the reason', async () => {
    const clock = new ManualClock()
    const sources = sourcesOf(clock)
    const { controls, follower } = await follow(new HybridFlagProvider(sources), { clock })
    sources.configure('dht', { yaml: { mode: 'hybrid', percent: 10 } })
    await settle()
    sources.override('dht', { percent: 50, untilMs: clock.nowMs() + 60_000, actor: 'ann' })
    await settle()
    expect(follower.evaluation).toEqual({
      setting: { mode: 'hybrid', percent: 50 },
      source: { mode: 'yaml', percent: 'override' },
    })
    clock.advance(60_000)
    await settle()
    expect(controls.asked).toEqual(['hybrid 10', 'hybrid 50', 'hybrid 10'])
    expect(controls.entries.map(({ reason }) => reason)).toEqual([
      'flags (yaml)',
      'flags (mode: yaml, percent: override)',
      'flags (yaml)',
    ])
  })

  test('a mode that an operator enters otherwise stays, also when the flags are looked at again', async () => {
    const clock = new ManualClock()
    const sources = sourcesOf(clock)
    const { controls } = await follow(new HybridFlagProvider(sources), { clock })
    await controls.controls.setMode({ mode: 'hybrid' })
    clock.advance(POLL_MS)
    await settle()
    expect(controls.asked).toEqual(['hybrid 100'])
    // Recorded as an override once it is in force, it is the same setting.
    sources.override('dht', { mode: 'hybrid', actor: 'ann' })
    await settle()
    expect(new Set(controls.asked)).toEqual(new Set(['hybrid 100']))
    expect(controls.setting.mode).toBe('hybrid')
  })
})

describe("a user's own provider", () => {
  test('drives the mode; its name is the source', async () => {
    const own = ownProvider('hybrid', 10)
    const { controls, follower } = await follow(own)
    await put(own, 'real', 10)
    expect(controls.asked).toEqual(['hybrid 10', 'real 10'])
    expect(follower.evaluation?.source).toEqual({ mode: 'in-memory', percent: 'in-memory' })
  })

  test('that tells of no changes is asked now and then', async () => {
    const own = ownProvider('hybrid', 10)
    const { controls, clock } = await follow({
      metadata: own.metadata,
      resolveBooleanEvaluation: (...args) => own.resolveBooleanEvaluation(...args),
      resolveStringEvaluation: (...args) => own.resolveStringEvaluation(...args),
      resolveNumberEvaluation: (...args) => own.resolveNumberEvaluation(...args),
      resolveObjectEvaluation: (...args) => own.resolveObjectEvaluation(...args),
    })
    await put(own, 'hybrid', 20)
    expect(controls.asked).toEqual(['hybrid 10'])
    clock.advance(POLL_MS)
    await settle()
    expect(controls.asked).toEqual(['hybrid 10', 'hybrid 20'])
  })

  test.each<[string, unknown, unknown]>([
    ['a mode that is none', 'hybird', 50],
    ['a percentage over 100', 'real', 101],
    ['a percentage below 0', 'real', -1],
    ['a percentage that is no number', 'real', 'fifty'],
    ['a mode that is no text', 7, 50],
  ])(
    '%s is refused whole, told once, and the last good setting stays',
    async (_name, mode, percent) => {
      const own = ownProvider('hybrid', 10)
      const { controls, problems, follower, clock } = await follow(own)
      await put(own, mode, percent)
      clock.advance(POLL_MS)
      await settle()
      expect([controls.asked, problems]).toEqual([['hybrid 10'], ['FLAGS_VALUE_REFUSED']])
      expect(follower.evaluation?.setting).toEqual({ mode: 'hybrid', percent: 10 })
      await put(own, 'hybrid', 30)
      expect([controls.asked.at(-1), problems]).toEqual([
        'hybrid 30',
        ['FLAGS_VALUE_REFUSED', undefined],
      ])
      expect(follower.problem).toBeUndefined()
    },
  )

  test('a flag that it does not know has the default', async () => {
    const own = new InMemoryProvider(flagsOf({ 'bzzz.dht.mode': 'hybrid' }))
    const { controls, follower, problems } = await follow(own, {
      defaults: () => ({ mode: 'mock', percent: 7 }),
    })
    expect([controls.asked, problems]).toEqual([['hybrid 7'], []])
    expect(follower.evaluation?.source).toEqual({ mode: 'in-memory', percent: 'default' })
  })

  test('its outage keeps the last good setting; when it is back it is followed again', async () => {
    const own = ownProvider('hybrid', 10)
    let isDown = false
    const resolve = own.resolveStringEvaluation.bind(own)
    own.resolveStringEvaluation = (...args) =>
      isDown ? Promise.reject(new Error('no route to host')) : resolve(...args)
    const { controls, problems, follower } = await follow(own)
    isDown = true
    await put(own, 'real', 10)
    own.events.emit(ProviderEvents.Error, { message: 'connection lost' })
    await settle()
    expect([controls.asked, problems]).toEqual([['hybrid 10'], ['FLAGS_PROVIDER_UNAVAILABLE']])
    expect(follower.problem?.message).toContain('no route to host')
    isDown = false
    own.events.emit(ProviderEvents.Ready)
    await settle()
    expect([controls.asked, problems]).toEqual([
      ['hybrid 10', 'real 10'],
      ['FLAGS_PROVIDER_UNAVAILABLE', undefined],
    ])
  })

  test('one that never answers is given up, and asked again', async () => {
    const own = ownProvider('hybrid', 10)
    const resolve = own.resolveStringEvaluation.bind(own)
    let isHanging = false
    own.resolveStringEvaluation = (...args) =>
      isHanging ? new Promise(() => {}) : resolve(...args)
    const { clock, problems, controls } = await follow(own)
    isHanging = true
    await put(own, 'real', 10)
    clock.advance(5_000)
    await settle()
    expect(problems).toEqual(['FLAGS_PROVIDER_UNAVAILABLE'])
    isHanging = false
    clock.advance(POLL_MS)
    await settle()
    expect(controls.asked).toEqual(['hybrid 10', 'real 10'])
  })

  test('refusals by their code: an outage, or a wrong value', async () => {
    const codes: [ErrorCode, string][] = [
      [ErrorCode.GENERAL, 'FLAGS_PROVIDER_UNAVAILABLE'],
      [ErrorCode.PROVIDER_NOT_READY, 'FLAGS_PROVIDER_UNAVAILABLE'],
      [ErrorCode.PROVIDER_FATAL, 'FLAGS_PROVIDER_UNAVAILABLE'],
      [ErrorCode.PARSE_ERROR, 'FLAGS_VALUE_REFUSED'],
      [ErrorCode.TYPE_MISMATCH, 'FLAGS_VALUE_REFUSED'],
      [ErrorCode.INVALID_CONTEXT, 'FLAGS_VALUE_REFUSED'],
      [ErrorCode.TARGETING_KEY_MISSING, 'FLAGS_VALUE_REFUSED'],
    ]
    for (const [errorCode, expected] of codes) {
      const own = ownProvider('real', 10)
      own.resolveNumberEvaluation = (_key, value) => Promise.resolve({ value, errorCode })
      const { problems, controls } = await follow(own)
      expect([errorCode, problems, controls.asked]).toEqual([errorCode, [expected], []])
    }
  })

  test('mode and percentage are taken of one state of the flags', async () => {
    const own = ownProvider('mock', 100)
    const { controls } = await follow(own)
    // The flags change between the answers to the two questions.
    const resolve = own.resolveNumberEvaluation.bind(own)
    let isFirst = true
    own.resolveNumberEvaluation = async (...args) => {
      if (isFirst) {
        isFirst = false
        own.putConfiguration(flagsOf({ 'bzzz.dht.mode': 'hybrid', 'bzzz.dht.percent': 5 }) ?? {})
        await settle()
      }
      return resolve(...args)
    }
    await put(own, 'real', 100)
    await settle()
    expect(controls.asked).toEqual(['hybrid 5'])
  })

  test('one whose flags change with every question is followed all the same', async () => {
    const own = ownProvider('hybrid', 10)
    const resolve = own.resolveNumberEvaluation.bind(own)
    let asked = 0
    own.resolveNumberEvaluation = async (...args) => {
      if (++asked < 100) own.events.emit(ProviderEvents.ConfigurationChanged)
      await settle()
      return resolve(...args)
    }
    const { controls } = await follow(own)
    for (let turn = 0; turn < 40 && controls.asked.length === 0; turn++) await settle()
    expect(controls.asked).toEqual(['hybrid 10'])
    expect(asked).toBeLessThan(30)
  })
})

const notReady = (): Error =>
  Object.assign(new Error('no quorum'), { code: 'HYBRID_NOT_READY', verdict: 'answered' })

describe('a mode that cannot be entered', () => {
  test('is told, and tried again until it is', async () => {
    const controls = new FakeControls()
    controls.isPrompt = false
    const own = ownProvider('real', 100)
    const { clock, problems } = await follow(own, { controls })
    controls.entries[0]?.fail(notReady())
    await settle()
    expect(problems).toEqual(['HYBRID_NOT_READY'])
    clock.advance(POLL_MS)
    await settle()
    controls.entries[1]?.finish()
    await settle()
    clock.advance(POLL_MS)
    await settle()
    expect([controls.asked, problems]).toEqual([
      ['real 100', 'real 100'],
      ['HYBRID_NOT_READY', undefined],
    ])
  })

  test('while one is being entered it is not asked for again', async () => {
    const controls = new FakeControls()
    controls.isPrompt = false
    const { clock } = await follow(ownProvider('real', 100), { controls })
    clock.advance(3 * POLL_MS)
    await settle()
    expect(controls.asked).toEqual(['real 100'])
  })

  test('a newer setting ends the wait for an older one', async () => {
    const controls = new FakeControls()
    controls.isPrompt = false
    const own = ownProvider('real', 100)
    const { problems } = await follow(own, { controls })
    await put(own, 'hybrid', 10)
    expect(controls.entries.map(({ signal }) => signal?.aborted)).toEqual([true, false])
    controls.entries[1]?.finish()
    await settle()
    expect([controls.setting, problems]).toEqual([{ mode: 'hybrid', percent: 10 }, []])
  })

  test('what became of an older one is no news', async () => {
    const controls = new FakeControls()
    controls.isPrompt = false
    controls.isDeaf = true
    const own = ownProvider('real', 100)
    const { problems, follower } = await follow(own, { controls })
    await put(own, 'hybrid', 10)
    controls.entries[0]?.fail(notReady())
    await settle()
    expect([problems, follower.problem]).toEqual([[], undefined])
    controls.entries[1]?.finish()
  })

  test('an error without a code is told as one of ours', async () => {
    const controls = new FakeControls()
    controls.isPrompt = false
    const { problems, follower } = await follow(ownProvider('real', 100), { controls })
    controls.entries[0]?.fail(new Error('broken'))
    await settle()
    expect([problems, follower.problem?.message]).toEqual([['HYBRID_NOT_READY'], 'broken'])
  })
})

test('stopped, it follows no longer, gives up what it waits for and leaves no timer', async () => {
  const controls = new FakeControls()
  controls.isPrompt = false
  const own = ownProvider('real', 100)
  const { follower, clock, problems, client } = await follow(own, { controls })
  await follower.stop()
  expect(controls.entries[0]?.signal?.aborted).toBe(true)
  await put(own, 'hybrid', 1)
  expect([controls.asked, problems, clock.pendingTimers]).toEqual([['real 100'], [], 0])
  expect(client.getHandlers(ProviderEvents.ConfigurationChanged)).toEqual([])
})

test('a listener that throws is reported, and the setting is entered', async () => {
  const { controls, errors } = await follow(ownProvider('hybrid', 10), {
    onSetting: () => {
      throw new Error('of the listener')
    },
  })
  expect([controls.asked, errors.map(String)]).toEqual([['hybrid 10'], ['Error: of the listener']])
})
