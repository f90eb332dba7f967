import { describe, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { EVENTS_KEPT_MAX, SwitchLog, type SwitchItem } from '../../src/operate/switch-log.js'

const createLog = (runId = 'run1'): SwitchLog =>
  new SwitchLog({
    clock: new ManualClock(),
    runId,
    onListenerError: (error) => {
      throw error
    },
  })

const item = (at: number): SwitchItem => ({ kind: 'missed', reason: String(at), at: '' })

const fill = (log: SwitchLog, count: number): void => {
  for (let at = 1; at <= count; at++) log.add(item(at))
}

const reasons = (events: ReturnType<SwitchLog['since']>): string[] =>
  events.map(({ data }) => (JSON.parse(data) as { reason: string }).reason)

describe('the log of switches', () => {
  test('goes on after the event that a client names, and begins with nothing for one that names none', () => {
    const log = createLog()
    fill(log, 5)
    expect(log.since('run1.3').map(({ id }) => id)).toEqual(['run1.4', 'run1.5'])
    expect(log.since('run1.5')).toEqual([])
    expect(log.since(undefined)).toEqual([])
  })

  test('keeps the newest thousand, and says where it begins', () => {
    const log = createLog()
    fill(log, EVENTS_KEPT_MAX + 10)
    const events = log.since('run1.4')
    expect(events).toHaveLength(EVENTS_KEPT_MAX + 1)
    expect(reasons(events).slice(0, 2)).toEqual(['6 events', '11'])
    // Its own id leads to the same place again.
    expect(log.since(events[0]?.id)).toHaveLength(EVENTS_KEPT_MAX)
    expect(log.since('run1.10')).toHaveLength(EVENTS_KEPT_MAX)
    expect(reasons(log.since('run1.10'))[0]).toBe('11')
  })

  test.each(['run0.2', 'run1.99', 'garbage', '.', 'run1.-1', 'run1.x'])(
    'does not take %s for one of its own',
    (id) => {
      const log = createLog()
      fill(log, 2)
      expect(reasons(log.since(id))).toEqual(['the node was started again', '1', '2'])
    },
  )

  test('tells its listeners of every event, in order', () => {
    const log = createLog()
    const seen: string[] = []
    const unsubscribe = log.onEvent(({ id }) => seen.push(id))
    fill(log, 2)
    unsubscribe()
    fill(log, 1)
    expect(seen).toEqual(['run1.1', 'run1.2'])
  })
})
