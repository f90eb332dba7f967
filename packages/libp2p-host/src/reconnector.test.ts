import { ManualClock, seededRandom } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { hostError } from './errors.js'
import type { PeerLink } from './peer-link.js'
import { Reconnector } from './reconnector.js'
import { Redialer } from './redialer.js'

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

const linkOf = (peerId: string, state: Partial<PeerLink> = {}): PeerLink =>
  ({ peerId, isWanted: true, hasJoined: true, state: 'disconnected', ...state }) as PeerLink

const setUp = (bootstrap: readonly string[] = []) => {
  const clock = new ManualClock()
  const redialer = new Redialer(clock, seededRandom(3))
  const dialled: string[] = []
  const answers = new Map<string, string | Error>()
  const reconnector = new Reconnector({
    redialer,
    bootstrap,
    dialAddress: (address) => {
      dialled.push(address)
      const answer = answers.get(address) ?? new Error('nobody')
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer)
    },
    dialPeer: (link) => {
      dialled.push(link.peerId)
      return Promise.reject(new Error('nobody'))
    },
    onFailure: () => {},
  })
  return { clock, redialer, reconnector, dialled, answers }
}

describe('the reconnector', () => {
  test('dials again who had joined and was lost, for an hour', async () => {
    const { clock, redialer, reconnector, dialled } = setUp()
    reconnector.onLost(linkOf('peer'))
    for (let i = 0; i < 3_700; i++) {
      clock.advance(1_000)
      await settle()
    }
    expect(dialled.length).toBeGreaterThan(600)
    expect(redialer.wanted).toEqual([])
  })

  test('leaves alone who never joined, and who was hung up', () => {
    const { redialer, reconnector } = setUp()
    reconnector.onLost(linkOf('stranger', { hasJoined: false }))
    reconnector.onLost(linkOf('left', { isWanted: false }))
    reconnector.onLost(linkOf('back'))
    reconnector.onJoined(linkOf('back'))
    expect(redialer.wanted).toEqual([])
  })

  test('a bootstrap address is dialled until somebody answers, and again when that one is lost', async () => {
    const { clock, redialer, reconnector, dialled, answers } = setUp(['/addr', '/self'])
    answers.set('/self', hostError('HOST_ADDRESS_INVALID', 'oneself'))
    reconnector.start()
    clock.advance(1)
    await settle()
    expect(redialer.wanted).toEqual(['/addr'])
    answers.set('/addr', 'peer')
    clock.advance(200)
    await settle()
    expect([redialer.wanted, dialled]).toEqual([[], ['/addr', '/self', '/addr']])
    reconnector.onLost(linkOf('peer'))
    expect(redialer.wanted).toEqual(['/addr', 'peer'])
    reconnector.drop('peer')
    expect(redialer.wanted).toEqual([])
    reconnector.onLost(linkOf('peer'))
    reconnector.stop()
    expect([redialer.wanted, clock.pendingTimers]).toEqual([[], 0])
  })
})
