import { describe, expect, test } from '@jest/globals'
import { withLab, type Lab } from '../lab.js'
import { bytesOf } from '../support.js'

/** How long each of the calls takes that are begun one every so often. */
const latencies = async (
  lab: Lab,
  calls: number,
  everyMs: number,
  call: (i: number) => Promise<unknown>,
): Promise<number[]> => {
  const took: Promise<number>[] = []
  for (let i = 0; i < calls; i++) {
    const sinceMs = lab.nowMs
    took.push(call(i).then(() => lab.nowMs - sinceMs))
    await lab.pass(everyMs)
  }
  return (await Promise.all(took)).toSorted((a, b) => a - b)
}

describe('semantics 10: detection is bounded', () => {
  test('each call made after the fault is answered within 100 ms, under load', () =>
    withLab({}, async (lab) => {
      const { dht, tap } = lab.node(0)
      for (let i = 0; i < 20; i++) await dht.put(`k${i}`, bytesOf('v'))
      tap.before = () => new Promise<void>(() => {})
      const took = await latencies(lab, 400, 1, (i) =>
        i % 2 === 0 ? dht.put(`k${i % 20}`, bytesOf('w')) : dht.get(`k${i % 20}`),
      )
      expect(took[Math.ceil(0.99 * took.length) - 1]).toBeLessThanOrEqual(100)
      expect(took.at(-1)).toBeLessThanOrEqual(100)
    }))

  test('and within 5 ms once the breaker is open', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      tap.before = () => new Promise<void>(() => {})
      await Promise.all([dht.get('k'), dht.get('k'), dht.get('k')])
      expect(controls.phase).not.toBe('real')
      const took = await latencies(lab, 200, 2, (i) =>
        i % 2 === 0 ? dht.put('k', bytesOf('w')) : dht.get('k'),
      )
      expect(took.at(-1)).toBeLessThanOrEqual(5)
    }))

  test('the deadline follows the latency of real, within its bounds', () =>
    withLab({ roundTripMs: 4 }, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      expect(controls.details().deadline_ms).toBe(60)
      await latencies(lab, 300, 10, (i) => dht.get(`k${i % 5}`))
      expect(controls.details().deadline_ms).toBe(20)
      tap.before = ({ op }) => (op === 'get' ? lab.pass(12) : undefined)
      await latencies(lab, 300, 10, (i) => dht.get(`k${i % 5}`))
      expect(controls.details().deadline_ms).toBeGreaterThan(24)
      expect(controls.details().deadline_ms).toBeLessThanOrEqual(60)
    }))

  test('the loss of the quorum is seen without a call, and nothing waits for it', () =>
    withLab({}, async (lab) => {
      const { dht, controls } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      lab.isolate(0)
      await lab.until(() => controls.phase === 'local', 'the fallback')
      const sinceMs = lab.nowMs
      await dht.put('k', bytesOf('w'))
      await dht.get('k')
      expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(5)
    }))

  test('a process that stood still does not blame its peers', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      for (let round = 0; round < 5; round++) {
        const reads = Array.from({ length: 10 }, () => node.dht.get('k'))
        await lab.pass(0.5)
        node.gate.freeze()
        await lab.pass(150)
        node.gate.thaw()
        await Promise.all(reads)
        await lab.pass(100)
      }
      expect(node.switches.filter(({ reason }) => reason.includes('calls'))).toEqual([])
    }))
})
