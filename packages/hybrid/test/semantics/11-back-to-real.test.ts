import { dhtPort } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import { DEFAULT_TUNING } from '../../src/index.js'
import { Gate, withLab, type LabNode } from '../lab.js'
import { bytesOf, textOf } from '../support.js'

const phasesOf = (node: LabNode): string[] =>
  node.switches.flatMap((event) => (event.kind === 'phase-changed' ? [event.to] : []))

describe('semantics 11: back to real', () => {
  test('through every phase, and no sooner than the dwell', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      node.switches.length = 0
      node.tap.before = ({ op }) => {
        if (op === 'get') throw dhtPort.unavailable('away')
      }
      for (let i = 0; i < 3; i++) await node.dht.get('k')
      const sinceMs = lab.nowMs
      node.tap.before = () => {}
      await lab.serving(0)
      expect(phasesOf(node)).toEqual(['local', 'probing', 'catching-up', 'verifying', 'real'])
      expect(lab.nowMs - sinceMs).toBeGreaterThanOrEqual(DEFAULT_TUNING.dwellMinMs)
      expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(3_000)
    }))

  test('a returning quorum is probed at once, and real serves within 3 s of it', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      for (const outageMs of [500, 5_000, 50_000]) {
        lab.isolate(0)
        await lab.until(() => node.controls.phase === 'local', 'the fallback')
        await node.dht.put(`k${outageMs}`, bytesOf('v'))
        await lab.pass(outageMs)
        lab.heal()
        const sinceMs = lab.nowMs
        await lab.serving(0)
        expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(3_000)
        expect(lab.node(1).store.head(`k${outageMs}`)).toBeDefined()
        await lab.pass(DEFAULT_TUNING.calmMs + 10_000)
      }
    }))

  test('a probe is a write and a read at a quorum: a shallow sign of health is not enough', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      node.tap.before = ({ op }) => {
        if (op === 'apply' || op === 'put') throw dhtPort.unavailable('the peers cannot write')
      }
      for (let i = 0; i < 3; i++) await node.dht.put('k', bytesOf('w'))
      await lab.pass(10_000)
      expect(node.controls.phase).toBe('probing')
      node.tap.before = ({ op }) => {
        if (op === 'get') throw dhtPort.unavailable('the peers cannot read')
      }
      await lab.pass(10_000)
      expect(node.controls.phase).toBe('probing')
      node.tap.before = () => {}
      await lab.serving(0)
    }))

  test('real serves only when it lacks nothing that is older', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 300; i++) await node.dht.put(`k${i}`, bytesOf(String(i)))
      const dirtyAtSwitch: number[] = []
      node.controls.on('switched', (event) => {
        if (event.kind === 'phase-changed' && event.to === 'real')
          dirtyAtSwitch.push(Array.from(node.store.dirtyKeys()).length)
      })
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.serving(0)
      expect(dirtyAtSwitch).toEqual([0])
      for (let i = 0; i < 300; i++)
        expect(textOf((await lab.node(1).dht.get(`k${i}`))?.value)).toBe(String(i))
    }))

  test('sending goes under a token bucket', () =>
    withLab({ tuning: { drainPerS: 100, drainInFlightMax: 10 } }, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 200; i++) await node.dht.put(`k${i}`, bytesOf('v'))
      const sinceMs = lab.nowMs
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.serving(0)
      expect(lab.nowMs - sinceMs).toBeGreaterThanOrEqual(1_800)
      expect(lab.nowMs - sinceMs).toBeLessThanOrEqual(4_000)
    }))

  test('what was sent is verified at the replicas, again and again until they hold it', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      await node.dht.put('k', bytesOf('v'))
      let isHeld = false
      const asked: (readonly string[])[] = []
      node.tap.swap = ({ op, args }, answer) => {
        if (op !== 'confirm') return answer
        asked.push(args[0] as readonly string[])
        return isHeld
      }
      await node.controls.setMode({ mode: 'hybrid' })
      await lab.pass(20_000)
      expect(node.controls.phase).not.toBe('real')
      expect(asked.length).toBeGreaterThan(2)
      // It is clean since it was sent; that the replicas lost it must not be forgotten.
      for (const keys of asked) expect(keys).toContain('k')
      isHeld = true
      await lab.serving(0)
    }))

  test('a manual flip skips dwell and probes, not catching up and verifying', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      await node.dht.put('k', bytesOf('v'))
      node.switches.length = 0
      const sinceMs = lab.nowMs
      await node.controls.setMode({ mode: 'real' })
      expect(phasesOf(node).at(-1)).toBe('real')
      expect(lab.nowMs - sinceMs).toBeLessThan(DEFAULT_TUNING.dwellMinMs)
      expect(phasesOf(node)).toEqual(expect.arrayContaining(['catching-up', 'verifying']))
      expect(node.tap.count('confirm')).toBeGreaterThan(0)
    }))

  test('flapping lengthens the stay in the store', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      const stays: number[] = []
      for (let i = 0; i < 4; i++) {
        node.tap.before = ({ op }) => {
          if (op === 'get') throw dhtPort.unavailable('away')
        }
        for (let call = 0; call < 3; call++) await node.dht.get('k')
        node.tap.before = () => {}
        const sinceMs = lab.nowMs
        await lab.serving(0)
        stays.push(Math.round((lab.nowMs - sinceMs) / 1_000))
      }
      expect(stays).toEqual([1, 2, 4, 8])
    }))

  test('writes go on while it catches up, and none is missed', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.controls.setMode({ mode: 'mock' })
      for (let i = 0; i < 50; i++) await node.dht.put(`k${i}`, bytesOf('old'))
      const held = new Gate()
      let sent = 0
      node.tap.before = ({ op }) => (op === 'apply' && ++sent === 25 ? held.opened : undefined)
      const flip = node.controls.setMode({ mode: 'hybrid' })
      await lab.pass(20)
      for (let i = 0; i < 50; i++) await node.dht.put(`k${i}`, bytesOf('new'))
      held.open()
      await flip
      await lab.serving(0)
      for (let i = 0; i < 50; i++)
        expect(textOf((await lab.node(1).dht.get(`k${i}`, { level: 'quorum' }))?.value)).toBe('new')
    }))
})
