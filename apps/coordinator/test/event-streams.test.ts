import type { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { StreamEvent } from '@bzzz/api'
import { ManualClock } from '@bzzz/base'
import { EventStreams, type EventSource } from '../src/http/event-streams.js'
import { waitFor } from '../src/process/wait-for.js'

const running: EventStreams[] = []

afterEach(async () => {
  for (const streams of running.splice(0)) await streams.stop()
})

const createStreams = async () => {
  const clock = new ManualClock()
  const streams = new EventStreams(clock)
  running.push(streams)
  await streams.start()
  const listeners = new Set<(event: StreamEvent) => void>()
  const source: EventSource = {
    since: (id) => (id === undefined ? [] : [{ id: 'r.9', data: '"kept"' }]),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const send = (data: string): void => {
    for (const listener of listeners) listener({ id: 'r.10', data })
  }
  return { clock, streams, source, listeners, send }
}

const textIn = (stream: Readable): string => String((stream.read() as Buffer | null) ?? '')

describe('event streams', () => {
  test('begin with what was missed, go on with what happens, and beat while nothing does', async () => {
    const { clock, streams, source, send } = await createStreams()
    const stream = streams.open(source, 'r.8')
    expect(textIn(stream)).toBe('retry: 1000\n\nid: r.9\ndata: "kept"\n\n')
    send('"new"')
    expect(textIn(stream)).toBe('id: r.10\ndata: "new"\n\n')
    clock.advance(15_000)
    expect(textIn(stream)).toBe(': still here\n\n')
    clock.advance(15_000)
    expect(textIn(stream)).toBe(': still here\n\n')
  })

  test('an id that is none of ours counts as no id', async () => {
    const { streams, source } = await createStreams()
    expect(textIn(streams.open(source, 'a b\n'))).toBe('retry: 1000\n\n')
  })

  test('are bounded in number; one that left makes room', async () => {
    const { streams, source, listeners } = await createStreams()
    const open = Array.from({ length: 32 }, () => streams.open(source, undefined))
    expect(() => streams.open(source, undefined)).toThrow(
      expect.objectContaining({ code: 'API_STREAMS_FULL', http: 503 }),
    )
    open[0]?.destroy()
    await waitFor('the place is free', () => streams.size === 31)
    expect(listeners.size).toBe(31)
    streams.open(source, undefined)
  })

  test('one that does not read is cut off, and the others go on', async () => {
    const { streams, source, send } = await createStreams()
    const slow = streams.open(source, undefined)
    const quick = streams.open(source, undefined)
    let bytes = 0
    quick.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    const large = JSON.stringify('x'.repeat(100_000))
    for (let at = 0; at < 15; at++) {
      send(large)
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    expect(slow.destroyed).toBe(true)
    expect(quick.destroyed).toBe(false)
    expect(bytes).toBeGreaterThan(15 * 100_000)
    expect(streams.size).toBe(1)
  })

  test('end when the node stops, so that its server can close', async () => {
    const { streams, source, listeners } = await createStreams()
    const stream = streams.open(source, undefined)
    stream.resume()
    const ended = new Promise((resolve) => {
      stream.on('end', resolve)
    })
    await streams.stop()
    await ended
    expect(listeners.size).toBe(0)
    expect(() => streams.open(source, undefined)).toThrow(
      expect.objectContaining({ code: 'NOT_STARTED' }),
    )
  })
})
