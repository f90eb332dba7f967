import { describe, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { silentLogger } from '@bzzz/telemetry'
import { DrillDesk, type DrillChange } from '../../src/operate/drill-desk.js'
import { fakeAudit, fakeComponent } from './support.js'

const createDesk = async () => {
  const clock = new ManualClock(1_000_000)
  const { component, state } = fakeComponent()
  const { audit, entries, state: auditState } = fakeAudit(clock)
  const desk = new DrillDesk({ components: [component], clock, audit, log: silentLogger })
  const told: DrillChange[] = []
  desk.onChange((change) => told.push(change))
  await desk.start()
  const kinds = (): string[] => told.map(({ kind, reason }) => `${kind}: ${reason}`)
  return { clock, desk, state, entries, auditState, told, kinds }
}

const ORDER = { fault: 'errors', forMs: 30_000, actor: 'operator' } as const

describe('a drill', () => {
  test('is put on, told, audited, and ends by itself', async () => {
    const { clock, desk, state, entries, kinds } = await createDesk()
    await desk.begin(ORDER)
    expect(state.drill).toMatchObject({ fault: 'errors', share: 1, endsAtMs: 1_030_000 })
    expect(desk.isOn('dht')).toBe(true)
    expect(desk.list()).toHaveLength(1)
    clock.advance(29_999)
    expect(state.drill).toBeDefined()
    clock.advance(1)
    expect([state.drill, desk.isOn('dht'), desk.list()]).toEqual([undefined, false, []])
    expect(kinds()).toEqual([
      'drill-started: asked for by operator',
      'drill-ended: its time is over',
    ])
    expect(entries).toMatchObject([
      { kind: 'action', action: 'drill-start', component: 'dht', actor: 'operator' },
    ])
  })

  test('is one at a time', async () => {
    const { desk } = await createDesk()
    await desk.begin(ORDER)
    await expect(desk.begin(ORDER)).rejects.toMatchObject({ code: 'DRILL_RUNNING', http: 409 })
    await desk.end('operator', undefined)
    await desk.begin({ ...ORDER, fault: 'latency' })
    expect(desk.list()[0]?.latencyMs).toBe(200)
    await desk.stop()
  })

  test('of a component that asks nobody, or that there is not, is refused', async () => {
    const { desk, state } = await createDesk()
    state.setting = { mode: 'mock', percent: 100 }
    await expect(desk.begin(ORDER)).rejects.toMatchObject({ code: 'DRILL_WITHOUT_EFFECT' })
    await expect(desk.begin({ ...ORDER, component: 'moon' })).rejects.toMatchObject({
      code: 'API_COMPONENT_UNKNOWN',
    })
    await expect(desk.end('operator', 'moon')).rejects.toMatchObject({
      code: 'API_COMPONENT_UNKNOWN',
    })
  })

  test('that cannot be written down is not put on; ending one does not depend on that', async () => {
    const { desk, state, auditState } = await createDesk()
    auditState.isFailing = true
    await expect(desk.begin(ORDER)).rejects.toThrow('the disk is full')
    expect(state.drill).toBeUndefined()
    auditState.isFailing = false
    await desk.begin(ORDER)
    auditState.isFailing = true
    await expect(desk.end('operator', 'dht')).rejects.toThrow('the disk is full')
    expect(state.drill).toBeUndefined()
  })

  test('ends with the node, and with it its timer', async () => {
    const { clock, desk, state } = await createDesk()
    await desk.begin(ORDER)
    await desk.stop()
    expect(state.drill).toBeUndefined()
    expect(clock.pendingTimers).toBe(0)
    await expect(desk.begin(ORDER)).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })
})
