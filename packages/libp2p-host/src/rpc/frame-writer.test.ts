import { describe, expect, test } from '@jest/globals'
import { BATCH_BYTES, FRAGMENT_BYTES } from '../limits.js'
import { HEADER_BYTES, REQUEST, readFrame } from './frame.js'
import { FrameDecoder } from './frame-decoder.js'
import { FrameWriter } from './frame-writer.js'

const idsIn = (batch: Uint8Array): number[] => {
  const decoder = new FrameDecoder()
  decoder.push(batch)
  const ids: number[] = []
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) ids.push(frame.id)
  return ids
}

const setUp = (canTake = Number.POSITIVE_INFINITY) => {
  const batches: Uint8Array[] = []
  const sink = { canTake }
  const writer = new FrameWriter()
  writer.attach((batch) => {
    batches.push(batch)
    sink.canTake--
    return sink.canTake > 0
  })
  return { writer, batches, sink }
}

const tick = (): Promise<void> => Promise.resolve()

describe('the frame writer', () => {
  test('joins what is queued in one tick into one send', async () => {
    const { writer, batches } = setUp()
    for (let id = 1; id <= 50; id++) writer.enqueue(REQUEST, id, new Uint8Array(100))
    expect(batches).toHaveLength(0)
    await tick()
    expect(batches).toHaveLength(1)
    expect(writer.queuedBytes).toBe(0)
  })

  test('holds everything until it is attached', async () => {
    const writer = new FrameWriter()
    writer.enqueue(REQUEST, 1, new Uint8Array(5))
    await tick()
    expect(writer.queuedBytes).toBe(HEADER_BYTES + 5)
    const batches: Uint8Array[] = []
    writer.attach((batch) => batches.push(batch) > 0)
    expect(batches.map(idsIn)).toEqual([[1]])
  })

  test('stops when the sink is full, and goes on when it drains', async () => {
    const { writer, batches, sink } = setUp(1)
    writer.enqueue(REQUEST, 1, new Uint8Array(10))
    await tick()
    writer.enqueue(REQUEST, 2, new Uint8Array(10))
    await tick()
    expect(batches).toHaveLength(1)
    expect(writer.queuedBytes).toBe(HEADER_BYTES + 10)
    sink.canTake = 5
    writer.resume()
    expect(batches.map(idsIn)).toEqual([[1], [2]])
  })

  test('a small message does not wait for a large one', async () => {
    const { writer, batches, sink } = setUp(1)
    writer.enqueue(REQUEST, 1, new Uint8Array(10 * FRAGMENT_BYTES))
    await tick()
    writer.enqueue(REQUEST, 2, new Uint8Array(10))
    sink.canTake = 100
    writer.resume()
    expect(idsIn(batches[0] ?? new Uint8Array())).toEqual([1])
    expect(idsIn(batches[1] ?? new Uint8Array())).toEqual([2, 1])
    expect(batches).toHaveLength(10)
  })

  test('many small messages do not starve a large one', async () => {
    const { writer, batches } = setUp()
    writer.enqueue(REQUEST, 1, new Uint8Array(3 * FRAGMENT_BYTES))
    for (let id = 2; id < 3_000; id++) writer.enqueue(REQUEST, id, new Uint8Array(200))
    await tick()
    for (const batch of batches.slice(0, 3)) expect(idsIn(batch)).toContain(1)
    for (const batch of batches)
      expect(batch.length).toBeLessThanOrEqual(BATCH_BYTES + HEADER_BYTES)
  })

  test('takes back what was not sent, and only that', async () => {
    const { writer, batches, sink } = setUp(1)
    const large = writer.enqueue(REQUEST, 1, new Uint8Array(2 * FRAGMENT_BYTES))
    await tick()
    const small = writer.enqueue(REQUEST, 2, new Uint8Array(10))
    const waiting = writer.enqueue(REQUEST, 3, new Uint8Array(2 * FRAGMENT_BYTES))
    writer.cancel(small)
    writer.cancel(waiting)
    writer.cancel(large)
    sink.canTake = 100
    writer.resume()
    expect(batches.map(idsIn)).toEqual([[1], [1]])
    expect(writer.queuedBytes).toBe(0)
    expect(readFrame(batches[1] ?? new Uint8Array()).hasMore).toBe(false)
  })

  test('a sink that drains while it is written to loses nothing', async () => {
    const writer = new FrameWriter()
    const ids: number[] = []
    writer.attach((batch) => {
      ids.push(...idsIn(batch))
      writer.resume()
      return false
    })
    for (let id = 1; id <= 3; id++) {
      writer.enqueue(REQUEST, id, new Uint8Array(BATCH_BYTES / 2 - HEADER_BYTES - 1))
    }
    await tick()
    expect(ids).toEqual([1, 2, 3])
  })
})
