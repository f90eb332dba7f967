import { describe, expect, test } from '@jest/globals'
import { codeOf, defineErrors, type PeerStatus } from '@bzzz/base'
import { SimNetwork, type SimNetworkOptions } from './sim-network.js'
import type { SimTransport } from './sim-transport.js'
import { World } from './world.js'

const failure = defineErrors({
  ODD: { verdict: 'unavailable', http: 503, meaning: 'It is odd.', remedy: 'Make it even.' },
})

const PROTOCOL = '/test/1'
const deadlineMs = 300

interface Pair {
  readonly world: World
  readonly network: SimNetwork
  readonly a: SimTransport
  readonly b: SimTransport
  readonly served: string[]
}

const pair = (options: SimNetworkOptions = {}, seed = 1): Pair => {
  const world = new World({ seed })
  const network = new SimNetwork(world, options)
  const [a, b] = [network.transport('a'), network.transport('b')]
  const served: string[] = []
  b.handle(PROTOCOL, (payload, from) => {
    served.push(`${from}:${payload.join()}`)
    return payload.map((byte) => byte + 1)
  })
  return { world, network, a, b, served }
}

const ask = async ({ world, a }: Pair, byte = 1): Promise<string> =>
  world.complete(
    a.request('b', PROTOCOL, new Uint8Array([byte]), { deadlineMs }).then(
      (answer) => answer.join(),
      (error: unknown) => codeOf(error) ?? 'no code',
    ),
  )

describe('requests', () => {
  test('are answered after two latencies', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    expect(await ask(it, 7)).toBe('8')
    expect(it.world.nowMs).toBe(20)
    expect(it.served).toEqual(['a:7'])
  })

  test('carry copies: neither side sees a later change of the other', async () => {
    const it = pair()
    const kept: Uint8Array[] = []
    const answers = new Uint8Array([5])
    it.b.handle('/copy', (payload) => {
      kept.push(payload)
      return answers
    })
    const payload = new Uint8Array([9])
    const asked = it.a.request('b', '/copy', payload, { deadlineMs })
    payload[0] = 0
    const answer = await it.world.complete(asked)
    answers[0] = 0
    expect([kept[0]?.[0], answer[0]]).toEqual([9, 5])
  })

  test('fail with the code and verdict that the handler threw', async () => {
    const it = pair()
    it.b.handle('/odd', () => {
      throw failure('ODD', 'seven is odd')
    })
    it.b.handle('/bug', () => {
      throw new RangeError('a bug')
    })
    const odd = it.world.complete(it.a.request('b', '/odd', new Uint8Array(), { deadlineMs }))
    await expect(odd).rejects.toMatchObject({
      code: 'ODD',
      verdict: 'unavailable',
      message: 'seven is odd',
    })
    const bug = it.world.complete(it.a.request('b', '/bug', new Uint8Array(), { deadlineMs }))
    await expect(bug).rejects.toMatchObject({ code: 'REQUEST_FAILED', verdict: 'answered' })
    const none = it.world.complete(it.a.request('b', '/none', new Uint8Array(), { deadlineMs }))
    await expect(none).rejects.toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' })
  })

  test('are refused beyond the largest message, as are their answers', async () => {
    const it = pair({ messageBytesMax: 10 })
    it.b.handle('/long', (payload) => new Uint8Array(payload.length + 1))
    const codeOfAsking = async (protocol: string, bytes: number): Promise<string | undefined> =>
      it.world.complete(
        it.a.request('b', protocol, new Uint8Array(bytes), { deadlineMs }).then(
          () => 'answered',
          (error: unknown) => codeOf(error),
        ),
      )
    expect(await codeOfAsking(PROTOCOL, 10)).toBe('answered')
    expect(await codeOfAsking(PROTOCOL, 11)).toBe('REQUEST_TOO_LARGE')
    expect(await codeOfAsking('/long', 9)).toBe('answered')
    expect(await codeOfAsking('/long', 10)).toBe('REQUEST_TOO_LARGE')
  })

  test('one handler per protocol', () => {
    const { b } = pair()
    expect(() => b.handle(PROTOCOL, (payload) => payload)).toThrow(/serves/)
  })

  test('end at the deadline, on virtual time', async () => {
    const it = pair()
    it.network.cut('a', 'b')
    expect(await ask(it)).toBe('TIMEOUT')
    expect(it.world.nowMs).toBe(deadlineMs)
  })

  test('end with ABORTED, before and during', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    const controller = new AbortController()
    const { signal } = controller
    const during = it.a.request('b', PROTOCOL, new Uint8Array(), { deadlineMs, signal })
    it.world.clock.setTimer(() => {
      controller.abort()
    }, 5)
    await expect(it.world.complete(during)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(it.world.nowMs).toBe(5)
    const before = it.a.request('b', PROTOCOL, new Uint8Array(), { deadlineMs, signal })
    await expect(it.world.complete(before)).rejects.toMatchObject({ code: 'ABORTED' })
    await it.world.settle()
    expect(it.served).toHaveLength(1)
  })
})

describe('links', () => {
  test('a one-way cut takes the answer, not the request', async () => {
    const it = pair()
    it.network.cut('b', 'a')
    expect(await ask(it)).toBe('TIMEOUT')
    expect(it.served).toHaveLength(1)
    it.network.heal()
    expect(await ask(it)).toBe('2')
  })

  test('a cut takes what is under way', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    it.world.clock.setTimer(() => {
      it.network.isolate('b')
    }, 5)
    expect(await ask(it)).toBe('TIMEOUT')
    expect(it.served).toEqual([])
  })

  test('what was sent into a cut does not arrive although it is mended meanwhile', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    it.network.cut('a', 'b')
    it.world.clock.setTimer(() => {
      it.network.heal()
    }, 5)
    expect(await ask(it)).toBe('TIMEOUT')
  })

  test('loss, duplication and reordering come about as often as they are set', async () => {
    const link = { lossProbability: 0.2, duplicateProbability: 0.1, latencyMaxMs: 50 }
    const it = pair({ link }, 3)
    const arrived: number[] = []
    it.b.handle('/count', (payload) => {
      arrived.push(payload[0] ?? 0)
      return payload
    })
    const asked = Array.from({ length: 200 }, (_, i) =>
      it.a.request('b', '/count', new Uint8Array([i]), { deadlineMs }).catch(() => {}),
    )
    await it.world.complete(Promise.all(asked))
    const { lost, sent, duplicated } = it.network.counts
    expect(lost / sent).toBeGreaterThan(0.14)
    expect(lost / sent).toBeLessThan(0.26)
    expect(duplicated / sent).toBeGreaterThan(0.04)
    expect(new Set(arrived).size).toBeLessThan(arrived.length)
    expect(arrived).not.toEqual(arrived.toSorted((x, y) => x - y))
  })

  test('an ordered link keeps the order', async () => {
    const it = pair({ link: { latencyMaxMs: 50, isOrdered: true } })
    const asked = Array.from({ length: 50 }, (_, i) =>
      it.a.request('b', PROTOCOL, new Uint8Array([i]), { deadlineMs }),
    )
    await it.world.complete(Promise.all(asked))
    expect(it.served).toEqual(Array.from({ length: 50 }, (_, i) => `a:${i}`))
  })
})

describe('processes', () => {
  test('a crash resets connections: requests in flight and new ones are unreachable', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    it.world.clock.setTimer(() => {
      it.network.crash('b')
    }, 5)
    expect(await ask(it)).toBe('PEER_UNREACHABLE')
    expect(it.world.nowMs).toBeLessThan(deadlineMs)
    expect(await ask(it)).toBe('PEER_UNREACHABLE')
    expect(it.served).toEqual([])
  })

  test('a request that is being served when its server dies is unreachable at once', async () => {
    const it = pair()
    it.b.handle('/slow', () => new Promise<Uint8Array>(() => {}))
    const asked = it.a.request('b', '/slow', new Uint8Array(), { deadlineMs })
    it.world.clock.setTimer(() => {
      it.network.crash('b')
    }, 50)
    await expect(it.world.complete(asked)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(it.world.nowMs).toBeLessThan(60)
  })

  test('a hung process answers nothing until it goes on, and then what it was asked', async () => {
    const it = pair()
    it.network.hang('b')
    expect(await ask(it)).toBe('TIMEOUT')
    expect(it.served).toEqual([])
    it.network.resume('b')
    await it.world.settle()
    expect(it.served).toHaveLength(1)
    expect(await ask(it)).toBe('2')
  })

  test('the dead do not speak: what a killed process still tries never leaves it', async () => {
    const it = pair()
    it.network.crash('a')
    void it.a.request('b', PROTOCOL, new Uint8Array([1]), { deadlineMs })
    await it.world.settle()
    expect(it.served).toEqual([])
  })

  test('an answer meant for the previous process does not reach the next one', async () => {
    const it = pair({ link: { latencyMinMs: 10, latencyMaxMs: 10 } })
    let settled = false
    const note = (): void => {
      settled = true
    }
    it.a.request('b', PROTOCOL, new Uint8Array([1]), { deadlineMs }).then(note, note)
    it.world.clock.setTimer(() => void it.network.transport('a'), 15)
    await it.world.settle()
    expect([it.served.length, settled]).toEqual([1, false])
  })
})

const watch = (it: Pair): string[] => {
  const seen: string[] = []
  it.a.onPeerChange(({ peerId, state }: PeerStatus) => {
    seen.push(`${peerId} ${state} ${Math.ceil(it.world.nowMs)}`)
  })
  return seen
}

const states = (seen: readonly string[]): string[] => seen.map((line) => line.split(' ')[1] ?? '')

describe('peer states', () => {
  test('silence makes a peer suspect within 200 ms, its return connects it again', async () => {
    const it = pair()
    expect(it.a.peers()).toMatchObject([{ peerId: 'b', state: 'connected' }])
    const seen = watch(it)
    it.network.hang('b')
    await it.world.runFor(1000)
    it.network.resume('b')
    await it.world.runFor(1000)
    expect(states(seen)).toEqual(['suspect', 'connected'])
    const [suspectedMs, connectedMs] = seen.map((line) => Number(line.split(' ')[2]))
    expect(suspectedMs).toBeGreaterThan(100)
    expect(suspectedMs).toBeLessThanOrEqual(200)
    expect(connectedMs).toBeLessThanOrEqual(1060)
  })

  test('a cut shorter than the time to notice is not noticed', async () => {
    const it = pair()
    const seen = watch(it)
    it.network.cut('b', 'a')
    await it.world.runFor(100)
    it.network.heal()
    await it.world.runFor(1000)
    expect(seen).toEqual([])
  })

  test('a crash disconnects at once, unless the news of it are cut off', async () => {
    const it = pair()
    const seen = watch(it)
    it.network.crash('b')
    await it.world.runFor(50)
    expect(states(seen)).toEqual(['disconnected'])
    it.network.transport('b')
    await it.world.runFor(1000)
    expect(states(seen)).toEqual(['disconnected', 'connected'])
    it.network.isolate('b')
    it.network.crash('b')
    await it.world.runFor(1000)
    expect(states(seen).slice(2)).toEqual(['suspect'])
    it.network.heal()
    await it.world.runFor(1000)
    expect(states(seen).slice(3)).toEqual(['disconnected'])
  })

  test('peers that were never in reach are not known', async () => {
    const it = pair()
    it.network.cut('c', 'a')
    const c = it.network.transport('c')
    expect(it.a.peers().map(({ peerId }) => peerId)).toEqual(['b'])
    expect(c.peers().map(({ peerId }) => peerId)).toEqual(['b'])
    it.network.heal()
    expect(it.a.peers()).toHaveLength(2)
  })
})
