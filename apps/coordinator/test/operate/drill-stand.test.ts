import { describe, expect, test } from '@jest/globals'
import { ManualClock, seededRandom, utf8 } from '@bzzz/base'
import { dhtPort, type DHT } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import type { RealSide } from '@bzzz/hybrid'
import { MemoryStore } from '@bzzz/store'
import type { Drill, DrillFault } from '../../src/operate/drill.js'
import { FaultStand } from '../../src/operate/drill-stand.js'
import { turns } from './support.js'

const drill = (fault: DrillFault, more: Partial<Drill> = {}): Drill => ({
  component: 'dht',
  fault,
  share: 1,
  latencyMs: fault === 'latency' ? 100 : undefined,
  startedAtMs: 0,
  endsAtMs: 1,
  actor: 'operator',
  ...more,
})

/** A real side over a store alone, with reach and work beside its port, behind a stand. */
const createStand = async () => {
  const clock = new ManualClock()
  const random = seededRandom(7)
  const store = new MemoryStore({ writer: 'me', clock, random })
  await store.start()
  const dht = new MockDHT({ store, clock, random })
  const listeners = new Set<() => void>()
  const worked: string[] = []
  const real: RealSide<DHT> = {
    port: dht,
    reach: {
      hasQuorum: true,
      canReach: () => true,
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    isAlone: () => true,
    confirm: (keys) => {
      worked.push(`confirm ${keys.join()}`)
      return Promise.resolve(true)
    },
    copyAll: () => {
      worked.push('copy')
      return Promise.resolve()
    },
  }
  const stand = new FaultStand<DHT>({ port: dhtPort, clock, random })
  const side = stand.over(real)
  await side.port.start()
  await side.port.put('k', utf8('v'))
  return { clock, stand, side, real, dht, listeners, worked }
}

/** How a call ends, as far as it has. */
const watched = (call: Promise<unknown>): { outcome: string } => {
  const seen = { outcome: 'waiting' }
  call.then(
    () => {
      seen.outcome = 'answered'
    },
    (error: { code?: string }) => {
      seen.outcome = error.code ?? 'failed'
    },
  )
  return seen
}

describe('while no drill is on', () => {
  test('every call goes straight through: the promise is the real side’s own', async () => {
    const { side, real, dht, worked } = await createStand()
    const answer = Promise.resolve(undefined)
    dht.get = () => answer
    expect(side.port.get('k')).toBe(answer)
    expect(side.port.peerId).toBe('me')
    expect(await side.confirm?.(['k'], {})).toBe(true)
    await side.copyAll?.({})
    expect(worked).toEqual(['confirm k', 'copy'])
    expect([side.reach?.hasQuorum, side.reach?.canReach('k'), side.isAlone?.()]).toEqual([
      true,
      true,
      true,
    ])
    await side.port.stop()
    expect(() => real.port.get('k')).not.toThrow()
  })

  test('a side without a reach counts as reachable, and has no work that its real one has not', async () => {
    const { dht, stand } = await createStand()
    const side = stand.over({ port: dht })
    expect(Object.keys(side).toSorted()).toEqual(['port', 'reach'])
    expect([side.reach?.hasQuorum, side.reach?.canReach('k')]).toEqual([true, true])
    stand.use(drill('absent'))
    expect([side.reach?.hasQuorum, side.reach?.canReach('k')]).toEqual([false, false])
  })
})

describe('a drill', () => {
  test('errors: calls fail as an outage does, with nothing done', async () => {
    const { stand, side, dht } = await createStand()
    stand.use(drill('errors'))
    await expect(side.port.put('k', utf8('w'))).rejects.toMatchObject({
      code: 'DHT_UNAVAILABLE',
      verdict: 'unavailable',
    })
    await expect(side.port.get('k')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    await expect(side.confirm?.(['k'], {})).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    await expect(side.copyAll?.({})).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    expect((await dht.get('k'))?.value).toEqual(utf8('v'))
    expect(side.reach?.hasQuorum).toBe(true)
    stand.use(undefined)
    expect((await side.port.get('k'))?.value).toEqual(utf8('v'))
  })

  test('of a share meets that share', async () => {
    const { stand, side } = await createStand()
    stand.use(drill('errors', { share: 0.5 }))
    let failed = 0
    for (let at = 0; at < 200; at++)
      await side.port.get('k').catch(() => {
        failed += 1
      })
    expect(failed).toBeGreaterThan(70)
    expect(failed).toBeLessThan(130)
  })

  test('latency: answers come late, and come', async () => {
    const { clock, stand, side } = await createStand()
    stand.use(drill('latency'))
    const calls = [side.port.get('k'), side.confirm?.(['k'], {}) ?? Promise.resolve()].map(watched)
    await turns()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['waiting', 'waiting'])
    clock.advance(100)
    await turns()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['answered', 'answered'])
  })

  test('frozen: no answer until its end, which fails what waited; a signal is still heard', async () => {
    const { stand, side, worked } = await createStand()
    stand.use(drill('frozen'))
    const controller = new AbortController()
    const calls = [
      side.port.get('k'),
      side.port.put('k', utf8('w')),
      side.confirm?.(['k'], {}) ?? Promise.resolve(),
      side.port.get('k', { signal: controller.signal }),
    ].map(watched)
    controller.abort()
    await turns()
    expect(calls.map(({ outcome }) => outcome)).toEqual([
      'waiting',
      'waiting',
      'waiting',
      'ABORTED',
    ])
    stand.use(undefined)
    await turns()
    expect(calls.map(({ outcome }) => outcome)).toEqual([
      'DHT_UNAVAILABLE',
      'DHT_UNAVAILABLE',
      'DHT_UNAVAILABLE',
      'ABORTED',
    ])
    expect(worked).toEqual([])
    expect((await side.port.get('k'))?.value).toEqual(utf8('v'))
  })

  test('absent: no quorum and no key in reach, told at once, beside failing calls', async () => {
    const { stand, side, listeners } = await createStand()
    const reaches: (boolean | undefined)[] = []
    const leave = side.reach?.onChange(() => {
      reaches.push(side.reach?.hasQuorum, side.reach?.canReach('k'))
    })
    stand.use(drill('absent'))
    await expect(side.port.get('k')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
    stand.use(undefined)
    expect(reaches).toEqual([false, false, true, true])
    leave?.()
    expect(listeners.size).toBe(0)
    stand.use(drill('absent'))
    expect(reaches).toHaveLength(4)
  })

  test('that is on meets the next real side as well', async () => {
    const { stand, dht } = await createStand()
    stand.use(drill('errors'))
    const { port } = stand.over({ port: dht })
    await expect(port.get('k')).rejects.toMatchObject({ code: 'DHT_UNAVAILABLE' })
  })
})
