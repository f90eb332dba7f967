import { codeOf, concatBytes, crc32, seededRandom, type Random } from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { FRAGMENT_BYTES, MESSAGE_BYTES_MAX } from '../limits.js'
import { Assembler, type Message } from './assembler.js'
import { ANSWER, FAILURE, HEADER_BYTES, REQUEST, writeFrame, type FrameKind } from './frame.js'
import { FrameDecoder } from './frame-decoder.js'
import { FrameWriter } from './frame-writer.js'

interface Sent {
  readonly kind: FrameKind
  readonly id: number
  readonly payload: Uint8Array
}

/** The bytes that a writer sends for the messages, all queued in one tick. */
const written = async (messages: readonly Sent[]): Promise<Uint8Array> => {
  const writer = new FrameWriter()
  const batches: Uint8Array[] = []
  writer.attach((batch) => {
    batches.push(batch)
    return true
  })
  for (const { kind, id, payload } of messages) writer.enqueue(kind, id, payload)
  await Promise.resolve()
  return concatBytes(batches)
}

/** What a receiver makes of the bytes, cut into the given pieces. */
const received = (pieces: readonly Uint8Array[]): Message[] => {
  const decoder = new FrameDecoder()
  const assembler = new Assembler()
  const out: Message[] = []
  for (const piece of pieces) {
    decoder.push(piece)
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      const message = assembler.accept(frame)
      if (message !== undefined) out.push(message)
    }
  }
  return out
}

const cut = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const pieces: Uint8Array[] = []
  let offset = 0
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(bytes.subarray(offset, offset + size))
    offset += size
  }
  return pieces
}

const frameBytes = (kind: number, id: number, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  const hasMore = (kind & 0x80) !== 0
  writeFrame(bytes, 0, { kind: (kind & 0x7f) as FrameKind, id, payload, hasMore })
  return bytes
}

const codeThrown = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

/** What is compared: element-wise matchers take seconds on a megabyte. */
const summary = (messages: readonly Sent[]): string[] =>
  messages
    .map(({ kind, id, payload }) => `${id} ${kind} ${payload.length} ${crc32(payload)}`)
    .toSorted()

describe('frames', () => {
  test('every message arrives once and unchanged, however the stream is cut', async () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .integer({ min: FRAGMENT_BYTES - 2, max: 3 * FRAGMENT_BYTES + 2 })
        .map((length) => Uint8Array.from({ length }, (_, i) => i * 31)),
    )
    const kind = fc.constantFrom<FrameKind>(REQUEST, ANSWER, FAILURE)
    const message = fc.record({ kind, payload })
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), sizes, async (list, pieces) => {
        const sent = list.map((entry, at) => ({ ...entry, id: 0xffff_ffff - at }))
        const got = received(cut(await written(sent), pieces))
        expect(summary(got)).toEqual(summary(sent))
      }),
      { numRuns: laneCount(25, 500) },
    )
  })

  test('the largest message arrives; one byte more does not', async () => {
    const fits = new Uint8Array(MESSAGE_BYTES_MAX).fill(7)
    expect(received([await written([{ kind: ANSWER, id: 1, payload: fits }])])).toHaveLength(1)
    const over = new Uint8Array(MESSAGE_BYTES_MAX + 1)
    const bytes = await written([{ kind: ANSWER, id: 1, payload: over }])
    expect(codeThrown(() => received([bytes]))).toBe('FRAME_INVALID')
  })

  test('a length over the limit is refused with its header, before any payload', () => {
    const header = new Uint8Array(HEADER_BYTES)
    new DataView(header.buffer).setUint32(0, FRAGMENT_BYTES + 1)
    header[4] = REQUEST
    expect(codeThrown(() => received([header]))).toBe('FRAME_INVALID')
  })

  test.each([
    ['an unknown kind', [frameBytes(9, 1, new Uint8Array(3))]],
    ['a short fragment with more to come', [frameBytes(0x80 | REQUEST, 1, new Uint8Array(10))]],
    [
      'a second fragmented message before the first ended',
      [
        frameBytes(0x80 | REQUEST, 1, new Uint8Array(FRAGMENT_BYTES)),
        frameBytes(0x80 | REQUEST, 2, new Uint8Array(FRAGMENT_BYTES)),
      ],
    ],
  ])('%s is refused', (_, pieces) => {
    expect(codeThrown(() => received(pieces))).toBe('FRAME_INVALID')
  })

  test('single bytes cost no more than they weigh', () => {
    const decoder = new FrameDecoder()
    const bytes = frameBytes(REQUEST, 5, new Uint8Array(20_000).fill(3))
    let early = 0
    for (const byte of bytes.subarray(0, -1)) {
      decoder.push(Uint8Array.of(byte))
      if (decoder.next() !== undefined) early++
    }
    expect(early).toBe(0)
    expect(decoder.bufferedBytes).toBe(bytes.length - 1)
    decoder.push(bytes.subarray(-1))
    expect(decoder.next()?.payload).toHaveLength(20_000)
    expect(decoder.bufferedBytes).toBe(0)
  })

  test('10,000 mutated streams: read or refused, nothing held over the limit', async () => {
    const seed = 20_261_122
    const random = seededRandom(seed)
    const valid = await written([
      { kind: REQUEST, id: 1, payload: random.bytes(40) },
      { kind: ANSWER, id: 2, payload: random.bytes(FRAGMENT_BYTES + 500) },
      { kind: FAILURE, id: 3, payload: random.bytes(0) },
    ])
    let refused = 0
    for (let run = 0; run < 10_000; run++) refused += survives(mutated(valid, random), random)
    // A run that refused nothing, or everything, would have tested nothing.
    expect({ seed, isMixed: refused > 1_000 && refused < 9_900 }).toEqual({ seed, isMixed: true })
  })
})

/** 1 when the bytes were refused; throws when they were neither refused nor harmless. */
const survives = (bytes: Uint8Array, random: Random): number => {
  const decoder = new FrameDecoder()
  const assembler = new Assembler()
  try {
    for (const piece of cut(bytes, [1 + random.int(90_000), 1 + random.int(300)])) {
      decoder.push(piece)
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next())
        assembler.accept(frame)
      if (assembler.partialBytes > MESSAGE_BYTES_MAX) throw new Error('a message over the limit')
    }
    return 0
  } catch (error) {
    if (codeOf(error) === 'FRAME_INVALID') return 1
    throw error
  }
}

const mutated = (valid: Uint8Array, random: Random): Uint8Array => {
  const length = random.int(4) === 0 ? random.int(valid.length) : valid.length
  const bytes = valid.slice(0, length)
  const flips = 1 + random.int(6)
  // Headers are at the front of each frame: aim there most of the time.
  for (let i = 0; i < flips; i++) {
    const at = random.int(3) === 0 ? random.int(bytes.length) : random.int(60)
    if (at < bytes.length) bytes[at] = random.int(256)
  }
  return bytes
}
