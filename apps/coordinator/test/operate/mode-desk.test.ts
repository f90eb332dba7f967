import { describe, expect, test } from '@jest/globals'
import { baseError, ManualClock } from '@bzzz/base'
import { silentLogger } from '@bzzz/telemetry'
import { ModeDesk } from '../../src/operate/mode-desk.js'
import { fakeAudit, fakeComponent, fakeSources, turns } from './support.js'

const createDesk = () => {
  const clock = new ManualClock(1_000_000)
  const { component, calls, state } = fakeComponent()
  const { audit, entries, state: auditState } = fakeAudit(clock)
  const sources = fakeSources(clock)
  const desk = new ModeDesk({ components: [component], sources, clock, audit, log: silentLogger })
  const actions = (): string[] =>
    entries.flatMap((entry) => (entry.kind === 'action' ? [entry.action] : []))
  return { clock, desk, calls, state, sources, actions, auditState }
}

const ORDER = { component: 'dht', actor: 'operator' } as const

describe('a change of mode', () => {
  test('is entered, then put above the configuration, and shown with its source', async () => {
    const { desk, calls, sources, actions } = createDesk()
    const [row] = await desk.set({ ...ORDER, percent: 10, forMs: 60_000, reason: 'a try' })
    expect(calls).toMatchObject([
      { to: { mode: 'hybrid', percent: 10 }, options: { reason: 'operator: a try', isNow: false } },
    ])
    expect(row).toMatchObject({
      mode: 'hybrid',
      percent: 10,
      source: { mode: 'env', percent: 'override' },
      override: { percent: 10, until: new Date(1_060_000).toISOString(), actor: 'operator' },
      change: { state: 'done' },
    })
    expect(sources.overrideOf('dht')).toMatchObject({ percent: 10, untilMs: 1_060_000 })
    expect(actions()).toEqual(['mode-set'])
  })

  test('that cannot be entered leaves everything as it was, and is written down', async () => {
    const { desk, state, sources, actions } = createDesk()
    state.gate = Promise.reject(baseError('INVALID_ARGUMENT', 'not ready'))
    await expect(desk.set({ ...ORDER, mode: 'real' })).rejects.toThrow('not ready')
    expect(sources.overrideOf('dht')).toBeUndefined()
    expect(desk.rows()[0]?.change).toMatchObject({
      state: 'failed',
      error: { code: 'INVALID_ARGUMENT', message: 'not ready' },
    })
    expect(actions()).toEqual(['mode-set', 'mode-refused'])
  })

  test('that cannot be written down is not begun', async () => {
    const { desk, calls, auditState } = createDesk()
    auditState.isFailing = true
    await expect(desk.set({ ...ORDER, mode: 'mock' })).rejects.toThrow('the disk is full')
    expect(calls).toEqual([])
  })

  test('that takes long goes on after its answer; its time runs from when it is in force', async () => {
    const { clock, desk, state, calls, sources } = createDesk()
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const answer = desk.set({ ...ORDER, mode: 'mock', forMs: 60_000, waitMs: 500 })
    await turns()
    calls[0]?.options.onProgress?.({ done: 1, total: 4, fetched: 9 })
    clock.advance(500)
    expect((await answer)[0]?.change).toMatchObject({
      state: 'running',
      copy: { done: 1, total: 4, fetched: 9 },
    })
    expect(sources.overrideOf('dht')).toBeUndefined()
    clock.advance(9_500)
    gate.resolve()
    await turns()
    expect(desk.rows()[0]).toMatchObject({ mode: 'mock', change: { state: 'done' } })
    expect(sources.overrideOf('dht')?.untilMs).toBe(1_070_000)
    // The end of the override; nothing waits for the answer any more.
    expect(clock.pendingTimers).toBe(1)
  })

  test('that fails after its answer is no unhandled rejection', async () => {
    const { clock, desk, state } = createDesk()
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const answer = desk.set({ ...ORDER, mode: 'mock', waitMs: 0 })
    await turns()
    clock.advance(0)
    await answer
    gate.reject(baseError('INVALID_ARGUMENT', 'no peers'))
    await turns()
    expect(desk.rows()[0]?.change?.state).toBe('failed')
  })

  test('of a component that there is not is refused', async () => {
    const { desk, calls } = createDesk()
    await expect(desk.set({ ...ORDER, component: 'moon', mode: 'mock' })).rejects.toMatchObject({
      code: 'API_COMPONENT_UNKNOWN',
    })
    expect(() => desk.rows('moon')).toThrow(expect.objectContaining({ http: 404 }))
    expect(calls).toEqual([])
  })

  test('a percentage keeps the mode of the override before it', async () => {
    const { desk } = createDesk()
    await desk.set({ ...ORDER, mode: 'shadow' })
    const [row] = await desk.set({ ...ORDER, percent: 5 })
    expect(row).toMatchObject({
      mode: 'shadow',
      percent: 5,
      override: { mode: 'shadow', percent: 5 },
    })
  })
})

describe('taking an override back', () => {
  test('leads to the configuration again', async () => {
    const { desk, state, actions } = createDesk()
    await desk.set({ ...ORDER, mode: 'mock' })
    const [row] = await desk.clear({ ...ORDER, reason: 'enough' })
    expect(row).toMatchObject({ mode: 'hybrid', source: { mode: 'env' } })
    expect(row?.override).toBeUndefined()
    expect(state.setting.mode).toBe('hybrid')
    expect(actions()).toEqual(['mode-set', 'mode-clear'])
  })

  test('where there is none does nothing', async () => {
    const { desk, calls, actions } = createDesk()
    await desk.clear(ORDER)
    expect([calls, actions()]).toEqual([[], []])
  })

  test('that cannot be done keeps the override', async () => {
    const { desk, state, sources } = createDesk()
    await desk.set({ ...ORDER, mode: 'mock' })
    state.gate = Promise.reject(baseError('INVALID_ARGUMENT', 'not ready'))
    await expect(desk.clear(ORDER)).rejects.toThrow('not ready')
    expect(sources.overrideOf('dht')?.mode).toBe('mock')
  })
})

describe('a rollback', () => {
  test('enters mode mock, with a copy unless told otherwise', async () => {
    const { desk, calls } = createDesk()
    await desk.rollback({ actor: 'operator' })
    await desk.set({ ...ORDER, mode: 'hybrid' })
    await desk.rollback({ actor: 'operator', component: 'dht', isNow: true })
    expect(calls.map(({ to, options }) => [to.mode, options.isNow])).toEqual([
      ['mock', false],
      ['hybrid', false],
      ['mock', true],
    ])
  })
})
