import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { AlertRule, Comparator, Condition } from '../src/alerts/alert-rule.js'
import { NO_ALERTS, stepAlerts, type AlertState } from '../src/alerts/step-alerts.js'
import { increaseIn, stepWindow, type CounterWindow } from '../src/alerts/window.js'
import type { MetricSample, MetricSnapshot } from '../src/metrics/metric.js'

const ruleOf = (when: Condition, forMs = 0): AlertRule => ({
  name: 'Rule',
  severity: 'info',
  summary: 'It holds.',
  remedy: 'None.',
  forMs,
  when,
})

const metric = (
  name: string,
  ...samples: readonly (readonly [string, number])[]
): MetricSnapshot => ({
  name,
  help: name,
  type: 'gauge',
  samples: samples.map(([labels, value]) => ({
    suffix: '',
    labels: Object.fromEntries(new URLSearchParams(labels)),
    value,
  })),
})

/** Components for which the rule holds, as `name=value`. */
const holding = (when: Condition, ...snapshots: readonly MetricSnapshot[]): string[] =>
  Array.from(
    stepAlerts([ruleOf(when)], NO_ALERTS, snapshots, 0).state.held.values(),
    ({ labels, value }) => `${Object.values(labels).join()}=${String(value)}`,
  )

describe('a condition', () => {
  test('compares as it says', () => {
    const outcomes: Readonly<Record<Comparator, readonly number[]>> = {
      '>': [3],
      '>=': [2, 3],
      '<': [1],
      '<=': [1, 2],
      '==': [2],
    }
    for (const [is, values] of Object.entries(outcomes))
      expect(
        [1, 2, 3].filter(
          (value) =>
            holding({ metric: 'm', is: is as Comparator, than: 2 }, metric('m', ['', value]))
              .length,
        ),
      ).toEqual(values)
  })

  test('is judged for each set of labels, and filters by labels', () => {
    const heat = metric('m', ['c=a&side=x', 3], ['c=b&side=x', 1], ['c=c&side=y', 3])
    expect(holding({ metric: 'm', is: '>', than: 2 }, heat)).toEqual(['a,x=3', 'c,y=3'])
    expect(holding({ metric: 'm', where: { side: 'x' }, is: '>', than: 2 }, heat)).toEqual([
      'a,x=3',
    ])
    expect(holding({ metric: 'm', where: { none: 'x' }, is: '>', than: 2 }, heat)).toEqual([])
  })

  test('divides by what has equal labels, in whatever order; 0 / 0 holds for nothing', () => {
    const part = metric('part', ['c=a&d=1', 5], ['c=b&d=1', 5], ['c=c&d=1', 0], ['c=d&d=1', 1])
    const whole = metric('whole', ['d=1&c=a', 10], ['d=1&c=c', 0], ['d=1&c=d', 0])
    const when = { metric: 'part', per: { metric: 'whole' }, is: '>=', than: 0.5 } as const
    expect(holding(when, part, whole)).toEqual(['a,1=0.5', 'd,1=Infinity'])
  })

  test('needs both of two comparisons, for equal labels', () => {
    const when = {
      metric: 'm',
      is: '>',
      than: 0,
      and: { metric: 'n', is: '==', than: 1 },
    } as const
    const m = metric('m', ['c=a', 1], ['c=b', 1], ['c=c', 1])
    expect(holding(when, m, metric('n', ['c=a', 1], ['c=b', 0]))).toEqual(['a=1'])
  })

  test('takes no notice of buckets', () => {
    const bucket: MetricSample = { suffix: '_bucket', labels: { le: '1' }, value: 5 }
    const histogram: MetricSnapshot = { ...metric('m'), samples: [bucket] }
    expect(holding({ metric: 'm', is: '>', than: 0 }, histogram)).toEqual([])
  })
})

/** What is told at each second, given the metric's value there. */
const run = (rule: AlertRule, values: readonly (number | undefined)[]): string[] => {
  let state: AlertState = NO_ALERTS
  return values.map((value, second) => {
    const snapshots = value === undefined ? [] : [metric('m', ['c=a', value])]
    const step = stepAlerts([rule], state, snapshots, second * 1000)
    state = step.state
    return step.events.map(({ kind }) => kind).join()
  })
}

describe('in time', () => {
  const when = { metric: 'm', is: '>', than: 0 } as const

  test('a condition must hold without a break', () => {
    const rule = ruleOf(when, 2000)
    expect(run(rule, [1, 1, 0, 1, 1, 1, 1, 0, 0])).toEqual([
      '',
      '',
      '',
      '',
      '',
      'fired',
      '',
      'cleared',
      '',
    ])
  })

  test('a metric that is gone clears its alert', () => {
    expect(run(ruleOf(when), [1, undefined, 1])).toEqual(['fired', 'cleared', 'fired'])
  })

  test('a step changes nothing of the state that it is given', () => {
    const rule = ruleOf({ ...when, increaseOverMs: 5000 })
    const first = stepAlerts([rule], NO_ALERTS, [metric('m', ['', 1])], 0)
    const copy = structuredClone({ ...first.state })
    stepAlerts([rule], first.state, [metric('m', ['', 2])], 1000)
    expect(first.state).toEqual(copy)
    expect([NO_ALERTS.held.size, NO_ALERTS.windows.size]).toEqual([0, 0])
  })

  test('an increase survives a reading that failed, and is forgotten when the counter stays away', () => {
    const rule = ruleOf({ metric: 'm', is: '>=', than: 3, increaseOverMs: 5000 })
    expect(run(rule, [7, 8, undefined, 10, 10])).toEqual(['', '', '', 'fired', ''])
    let state: AlertState = NO_ALERTS
    for (let second = 0; second < 5; second++)
      ({ state } = stepAlerts(
        [rule],
        state,
        second === 0 ? [metric('m', ['', 1])] : [],
        second * 1000,
      ))
    expect(state.windows.size).toBe(1)
    ;({ state } = stepAlerts([rule], state, [], 5000))
    expect(state.windows.size).toBe(0)
  })
})

describe('the window of a counter', () => {
  const OVER_MS = 60_000

  const track = (values: readonly number[], stepMs = 1000): CounterWindow => {
    let window: CounterWindow | undefined
    for (const [i, value] of values.entries())
      window = stepWindow(window, value, i * stepMs, OVER_MS)
    if (window === undefined) throw new Error('no values')
    return window
  }

  test('counts from where it was first seen, and over a set-back', () => {
    expect(increaseIn(track([100]))).toBe(0)
    expect(increaseIn(track([100, 103]))).toBe(3)
    expect(increaseIn(track([100, 103, 2, 4]))).toBe(7)
  })

  test('is as long as it says, give or take a sixtieth, and bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 100, max: 5000 }),
        (rises, stepMs) => {
          const values = rises.reduce<number[]>(
            (all, rise) => [...all, (all.at(-1) ?? 0) + rise],
            [],
          )
          const window = track(values, stepMs)
          expect(window.points.length).toBeLessThanOrEqual(62)
          const last = values.length - 1
          const valueBefore = (ms: number): number =>
            values[Math.max(0, last - Math.floor(ms / stepMs))] ?? 0
          const now = values[last] ?? 0
          const increase = increaseIn(window)
          expect(increase).toBeGreaterThanOrEqual(now - valueBefore(OVER_MS))
          expect(increase).toBeLessThanOrEqual(
            now - valueBefore(OVER_MS + OVER_MS / 60 + 2 * stepMs),
          )
        },
      ),
    )
  })
})
