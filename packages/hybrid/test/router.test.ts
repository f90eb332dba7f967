import { expect, test } from '@jest/globals'
import { MODES } from '@bzzz/base'
import type { Phase } from '../src/index.js'
import { routeOf, servesAll, servesNone, SERVES, type RouteQuestion } from '../src/router.js'

const PHASES: readonly Phase[] = ['local', 'probing', 'catching-up', 'verifying', 'real']
const PERCENTS = [0, 0.01, 50, 99.99, 100]

const question = (isInCohort: boolean): RouteQuestion => ({
  level: undefined,
  isInCohort: () => isInCohort,
  canReach: () => true,
})

const states = MODES.flatMap((mode) =>
  PERCENTS.flatMap((percent) =>
    PHASES.map((phase) => ({ mode, percent, phase, hasReal: mode !== 'mock' })),
  ),
)

const routes = (state: (typeof states)[number]): string[] =>
  [true, false].map((isInCohort) => routeOf(state, question(isInCohort)).reason)

test.each(states.filter(servesAll))('a bare read goes to real, as the router says: %j', (state) => {
  expect(routes(state)).toEqual([SERVES.reason, SERVES.reason])
})

test.each(states.filter(servesNone))('a bare read goes to the store, as it says: %j', (state) => {
  expect(routes(state)).not.toContain(SERVES.reason)
  expect(routeOf(state, question(true)).route).toBe('store')
})

test('the short cuts are taken at 100 % while real serves, and at 0 %', () => {
  expect([states.filter(servesAll).length, states.filter(servesNone).length]).toEqual([1, 5])
})

test.each(states)('no key is hashed but where a share of them is asked for: %j', (state) => {
  let hashed = 0
  const { mode, percent } = state
  const isInCohort = (): boolean => ++hashed > 0
  routeOf(state, { level: undefined, isInCohort, canReach: () => true })
  expect(hashed).toBe(mode === 'hybrid' && percent > 0 && percent < 100 ? 1 : 0)
})
