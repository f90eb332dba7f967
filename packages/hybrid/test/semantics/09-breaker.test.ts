import { dhtPort } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import { withLab, type Lab } from '../lab.js'
import { bytesOf } from '../support.js'

/** Keys that lose two of three replicas with the last two of five nodes, and the others. */
const keysOf = (lab: Lab): { readonly short: string[]; readonly sound: string[] } => {
  const gone = new Set(['node-4', 'node-5'])
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
  const isShort = (key: string): boolean =>
    lab.network.replicasOf(key).filter((peerId) => gone.has(peerId)).length === 2
  return { short: keys.filter(isShort), sound: keys.filter((key) => !isShort(key)) }
}

const canReach = (lab: Lab, key = ''): boolean => lab.node(0).real?.reach.canReach(key) ?? true

const away = (): never => {
  throw dhtPort.unavailable('a replica is away')
}

describe('semantics 9: the breaker', () => {
  test('opens by the share of unavailable calls in a window, though never three in a row', () =>
    withLab({}, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      let calls = 0
      tap.before = ({ op }) => (op === 'get' && ++calls % 3 !== 0 ? away() : undefined)
      const opened = lab.until(() => controls.phase !== 'real', 'the fallback', 3_000)
      for (let i = 0; i < 60; i++) {
        await dht.get('k')
        await lab.pass(20)
      }
      await opened
      const reasons = lab.node(0).switches.map(({ reason }) => reason)
      expect(reasons.find((reason) => reason.includes('in a window'))).toMatch(/unavailable/u)
    }))

  test('opens by the share of slow calls', () =>
    withLab({ tuning: { slowMs: 10 } }, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      await dht.put('k', bytesOf('v'))
      tap.before = ({ op }) => (op === 'get' ? lab.pass(12) : undefined)
      for (let i = 0; i < 120 && controls.phase === 'real'; i++) await dht.get('k')
      expect(controls.health().reason).toMatch(/slow/u)
    }))

  test('a probe that never settles cannot wedge it', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      node.tap.before = ({ op }) => (op === 'get' ? away() : undefined)
      for (let i = 0; i < 3; i++) await node.dht.get('k')
      let isHanging = true
      node.tap.before = () => (isHanging ? new Promise<void>(() => {}) : undefined)
      await lab.pass(10_000)
      expect(node.controls.phase).toBe('probing')
      isHanging = false
      const sinceMs = lab.nowMs
      await lab.serving(0)
      expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(3_000)
    }))

  test('probes that fail are paced, those that succeed follow at once', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      let isAway = true
      node.tap.before = () => (isAway ? away() : undefined)
      for (let i = 0; i < 3; i++) await node.dht.get('k')
      node.tap.calls.length = 0
      await lab.pass(20_000)
      const probes = node.tap.count('apply')
      expect(probes).toBeGreaterThanOrEqual(15)
      expect(probes).toBeLessThanOrEqual(100)
      isAway = false
      await lab.serving(0)
      expect(node.tap.count('apply') - probes).toBeGreaterThanOrEqual(3)
    }))

  test('one silent peer does not open it', () =>
    withLab({}, async (lab) => {
      const { dht, controls } = lab.node(0)
      lab.isolate(2)
      for (let i = 0; i < 50; i++) {
        expect(await dht.put(`k${i}`, bytesOf('v'))).toMatchObject({ level: 'quorum' })
        await lab.pass(50)
      }
      expect(controls.phase).toBe('real')
      expect(controls.metrics().fallback_events).toBe(0)
    }))

  test('a key whose own replicas are short falls back alone, and at once', () =>
    withLab({ nodes: 5 }, async (lab) => {
      const { dht, controls } = lab.node(0)
      const { short, sound } = keysOf(lab)
      lab.isolate(3)
      lab.isolate(4)
      await lab.until(() => !canReach(lab, short[0]), 'suspicion')
      const sinceMs = lab.nowMs
      for (const key of short)
        expect(await dht.put(key, bytesOf('v'))).toMatchObject({
          outcome: 'acknowledged',
          level: 'local',
        })
      expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(5 * short.length)
      for (const key of sound)
        expect(await dht.put(key, bytesOf('v'))).toMatchObject({ level: 'quorum' })
      expect(controls.phase).toBe('real')
    }))

  test('nor do calls for it that were under way when it became short', () =>
    withLab({ nodes: 5, tuning: { deadlineMinMs: 3_000, deadlineMaxMs: 3_000 } }, async (lab) => {
      const { dht, controls, tap } = lab.node(0)
      const { short } = keysOf(lab)
      tap.before = ({ op }) => (op === 'get' ? new Promise<void>(() => {}) : undefined)
      const reads = short.map((key) => dht.get(key, { allowStale: true }))
      lab.isolate(3)
      lab.isolate(4)
      await Promise.all(reads)
      expect(reads.length).toBeGreaterThanOrEqual(4)
      expect(canReach(lab, short[0])).toBe(false)
      expect(controls.phase).toBe('real')
    }))
})
