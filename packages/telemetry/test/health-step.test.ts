import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { worstOf, type HealthState } from '../src/health/health-status.js'
import { stepHealth, UNCHECKED, type HealthRecord } from '../src/health/health-step.js'

const policy = { failuresMax: 3, slowMs: 100 }

const after = (...answers: readonly HealthState[]): HealthRecord =>
  answers.reduce(
    (record, answer, i) => stepHealth(record, { answer, latencyMs: 5, atMs: i }, policy),
    UNCHECKED,
  )

describe('the decision about health', () => {
  test('follows the answers of the probe', () => {
    expect(after('healthy').status).toBe('healthy')
    expect(after('degraded').status).toBe('degraded')
    expect(after('healthy', 'degraded', 'healthy').status).toBe('healthy')
  })

  test('is failed after three failures in a row, degraded before', () => {
    const states = [1, 2, 3, 4].map((failures) =>
      after('healthy', ...Array.from({ length: failures }, () => 'failed' as const)),
    )
    expect(states.map(({ status }) => status)).toEqual(['degraded', 'degraded', 'failed', 'failed'])
    expect(after('healthy', 'failed', 'failed', 'healthy', 'failed').status).toBe('degraded')
  })

  test('is failed at once for what never served', () => {
    expect(after('failed').status).toBe('failed')
    expect(after('failed', 'healthy', 'failed').status).toBe('degraded')
  })

  test('is degraded for a slow answer', () => {
    const states = [100, 101].map(
      (latencyMs) =>
        stepHealth(UNCHECKED, { answer: 'healthy', latencyMs, atMs: 0 }, policy).status,
    )
    expect(states).toEqual(['healthy', 'degraded'])
  })

  test('counts every failure, and recovers with the first good answer', () => {
    const answers = fc.array(fc.constantFrom('healthy' as const, 'failed' as const))
    fc.assert(
      fc.property(answers, (history) => {
        const record = after(...history, 'healthy')
        expect(record.status).toBe('healthy')
        expect(record.failuresInARow).toBe(0)
        expect(record.errorCount).toBe(history.filter((each) => each === 'failed').length)
        expect([record.lastCheckMs, record.latencyMs]).toEqual([history.length, 5])
      }),
    )
  })

  test('of several is that of the worst', () => {
    expect(worstOf([])).toBe('healthy')
    expect(worstOf(['healthy', 'failed', 'degraded'])).toBe('failed')
    expect(worstOf(['degraded', 'healthy'])).toBe('degraded')
  })
})
