import { describe, expect, test } from '@jest/globals'
import { Emitter } from '../src/events.js'
import { settle } from './support.js'

const make = () => {
  const errors: [unknown, PropertyKey][] = []
  const emitter = new Emitter<{ found: number; lost: string }>((error, event) => {
    errors.push([error, event])
  })
  const seen: unknown[] = []
  return { emitter, errors, seen }
}

describe('events', () => {
  test('reach their listeners in order of subscription, and nobody else', () => {
    const { emitter, seen } = make()
    emitter.on('found', (n) => seen.push(['a', n]))
    emitter.on('lost', (s) => seen.push(s))
    emitter.on('found', (n) => seen.push(['b', n]))
    emitter.emit('found', 1)
    expect(seen).toEqual([
      ['a', 1],
      ['b', 1],
    ])
  })

  test('one function subscribed twice is two subscriptions', () => {
    const { emitter, seen } = make()
    const listener = (n: number): void => void seen.push(n)
    const off = emitter.on('found', listener)
    emitter.on('found', listener)
    emitter.emit('found', 1)
    off()
    off()
    emitter.emit('found', 2)
    expect(seen).toEqual([1, 1, 2])
    expect(emitter.listenerCount('found')).toBe(1)
  })

  test('a listener that throws stops neither the others nor the emitter', () => {
    const { emitter, errors, seen } = make()
    const oops = new Error('oops')
    emitter.on('found', () => {
      throw oops
    })
    emitter.on('found', (n) => seen.push(n))
    emitter.emit('found', 1)
    expect([seen, errors]).toEqual([[1], [[oops, 'found']]])
  })

  test('an async listener that rejects is told of, not left unhandled', async () => {
    const { emitter, errors } = make()
    const oops = new Error('oops')
    // eslint-disable-next-line typescript/no-misused-promises -- what users do all the same
    emitter.on('found', () => Promise.reject(oops))
    emitter.emit('found', 1)
    await settle()
    expect(errors).toEqual([[oops, 'found']])
  })

  test('who unsubscribes during an event is not called any more', () => {
    const { emitter, seen } = make()
    const offs: (() => void)[] = []
    emitter.on('found', () => {
      for (const off of offs) off()
    })
    offs.push(emitter.on('found', () => seen.push('late')))
    emitter.emit('found', 1)
    expect(seen).toEqual([])
  })

  test('who subscribes during an event hears the next one', () => {
    const { emitter, seen } = make()
    emitter.on('found', () => {
      emitter.on('found', (n) => seen.push(n))
    })
    emitter.emit('found', 1)
    expect(seen).toEqual([])
    emitter.emit('found', 2)
    expect(seen).toEqual([2])
  })

  test('clear ends all subscriptions, also during an event', () => {
    const { emitter, seen } = make()
    emitter.on('found', () => {
      emitter.clear()
    })
    emitter.on('found', () => seen.push('late'))
    emitter.emit('found', 1)
    emitter.emit('lost', 'x')
    expect([seen, emitter.listenerCount('found')]).toEqual([[], 0])
  })
})
