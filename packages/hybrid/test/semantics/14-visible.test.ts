import { describe, expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf } from '../support.js'

describe('semantics 14: visible', () => {
  test('every switch is an event: component, from, to, reason, log position and time, in order', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      lab.heal()
      await lab.serving(0)
      await node.controls.setMode({ percent: 0 }, { reason: 'an operator' })
      await node.controls.setMode({ mode: 'shadow' })
      await node.controls.setMode({ mode: 'mock' })
      const sides = node.switches.flatMap((event) =>
        event.kind === 'backend-switched' ? [[event.from, event.to]] : [],
      )
      expect(sides).toEqual([
        ['store', 'real'],
        ['real', 'store'],
        ['store', 'real'],
        ['real', 'store'],
      ])
      const modes = node.switches.flatMap((event) =>
        event.kind === 'mode-changed' ? [[event.from.mode, event.to.mode, event.reason]] : [],
      )
      expect(modes).toEqual([
        ['hybrid', 'hybrid', 'an operator'],
        ['hybrid', 'shadow', 'asked for'],
        ['shadow', 'mock', 'asked for'],
      ])
      for (const [i, event] of node.switches.entries()) {
        expect(event).toMatchObject({ component: 'dht', id: i + 1 })
        expect(event.reason.length).toBeGreaterThan(3)
        expect(event.position.epoch).toBe(node.store.epoch)
        expect(event.position.sequence).toBeLessThanOrEqual(node.store.sequence)
        expect(event.atMs).toBeLessThanOrEqual(lab.world.clock.nowMs())
      }
      const positions = node.switches.map(({ position }) => position.sequence)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    }))

  test('while the store serves for real, health is `degraded` and says why', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      expect(node.controls.health()).toMatchObject({
        component: 'dht',
        backend: 'hybrid',
        status: 'healthy',
        serving: 'real',
        reason: undefined,
      })
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      const seen = new Set<string>()
      const look = (): void => {
        const { status, phase, reason } = node.controls.health()
        seen.add(`${phase} ${status} ${reason === undefined ? 'without' : 'with'} a reason`)
      }
      node.controls.on('switched', look)
      look()
      lab.heal()
      await lab.serving(0)
      expect(seen).toEqual(
        new Set([
          'local degraded with a reason',
          'probing degraded with a reason',
          'catching-up degraded with a reason',
          'verifying degraded with a reason',
          'real healthy without a reason',
        ]),
      )
    }))

  test('an answer tells which side gave it, why, and how stale it may be', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      expect((await node.dht.get('k', { explain: true })).explanation).toEqual({
        source: 'real',
        reason: 'real serves',
        staleForMs: 0,
      })
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await lab.pass(5_000)
      const { explanation } = await node.dht.get('k', { explain: true })
      expect(explanation).toMatchObject({ source: 'store', reason: 'real is unavailable' })
      expect(explanation.staleForMs).toBeGreaterThanOrEqual(5_000)
      expect(explanation.staleForMs).toBeLessThanOrEqual(7_000)
    }))

  test('metrics tell what each side did; a degraded answer is no success of real', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      await node.dht.put('k', bytesOf('v'))
      const before = node.controls.metrics()
      lab.isolate(0)
      const degraded = await node.dht.put('k', bytesOf('w'))
      expect(degraded.level).toBe('local')
      const after = node.controls.metrics()
      expect(after.real_requests - before.real_requests).toBe(1)
      expect(after.error_rate_real).toBeGreaterThan(0)
      expect(node.controls.details().fallback_answers).toBe(1)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      expect(node.controls.metrics()).toMatchObject({ fallback_events: 1, recovery_events: 0 })
      lab.heal()
      await lab.serving(0)
      expect(node.controls.metrics()).toMatchObject({ fallback_events: 1, recovery_events: 1 })
    }))
})
