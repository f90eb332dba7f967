import { describe, expect, test } from '@jest/globals'
import { concatBytes, crc32, fromHex } from '@bzzz/base'
import {
  beginFrame,
  FRAME_PAYLOAD_BYTES_MAX,
  finishFrame,
  FRAME_HEADER_BYTES,
  hashFrame,
  readFrameHeader,
} from '../src/log/frame.js'
import { readIdentity } from '../src/log/identity.js'
import { ITEM_BODY_BYTES_MAX } from '../src/log/item.js'
import { readFrame } from '../src/log/replay.js'
import { seal, unseal } from '../src/log/sealed-file.js'
import { FakeDisk } from './fake-disk.js'
import { makeStore, put, refusal, startStore } from './harness.js'

const SEGMENT = '00000001.log'

/** A store whose mark is gone, so that only the log itself can tell; and its last frame. */
const written = async (): Promise<{ disk: FakeDisk; tag: Uint8Array; last: Uint8Array }> => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  await put(store, 'a', '1')
  const before = disk.get(SEGMENT).length
  await put(store, 'b', '2')
  const copy = disk.killed()
  copy.live.delete('mark')
  const tag = fromHex((await readIdentity(disk))?.tag ?? '')
  return { disk: copy, tag, last: disk.get(SEGMENT).slice(before) }
}

describe('a frame whose checksums are right, but which does not follow the one before', () => {
  test.each([
    ['nothing is wrong', {}],
    ['another hash before it', { previousHash: new Uint8Array(32) }],
    ['a lower epoch', { epoch: 0 }],
    ['a sequence number left out', { firstSeq: 3 }],
    ['a sequence number twice', { firstSeq: 1 }],
    ['a frame left out', { frame: 4 }],
    ['a frame twice', { frame: 2 }],
  ])('%s', async (what, change) => {
    const { disk, tag, last } = await written()
    const frame = finishFrame(beginFrame(0), tag, crc32, {
      epoch: 1,
      frame: 3,
      firstSeq: 2,
      ceilingMs: 0,
      count: 0,
      previousHash: hashFrame(last),
      ...change,
    })
    disk.put(SEGMENT, concatBytes([disk.get(SEGMENT), frame]))
    expect(await refusal(disk)).toBe(what === 'nothing is wrong' ? undefined : 'STORE_DAMAGED')
  })
})

const TAG = fromHex('0102030405060708')
const HEADER = {
  epoch: 1,
  frame: 0,
  firstSeq: 0,
  ceilingMs: 0,
  count: 1,
  previousHash: new Uint8Array(32),
}

/** A header that is right but for the length that it states. */
const stating = (payloadBytes: number): Uint8Array => {
  const bytes = finishFrame(beginFrame(0), TAG, crc32, HEADER)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint32(8 + 1 + 4 * 8 + 4, payloadBytes)
  view.setUint32(FRAME_HEADER_BYTES - 4, crc32(bytes.subarray(0, FRAME_HEADER_BYTES - 4)))
  return bytes
}

const frameWith = (bodyBytes: number): Uint8Array => {
  const body = new Uint8Array(bodyBytes)
  const out = beginFrame(bodyBytes + 8)
    .u32(bodyBytes)
    .u32(crc32(body))
    .raw(body)
  return finishFrame(out, TAG, crc32, HEADER)
}

describe('limits of what is read', () => {
  const format = { storeId: '', writer: 'w', tag: TAG, crc32 }

  test('a frame that states more than the greatest payload is none', () => {
    const [greatest, beyond] = [FRAME_PAYLOAD_BYTES_MAX, FRAME_PAYLOAD_BYTES_MAX + 1].map(
      (payloadBytes) => readFrameHeader(stating(payloadBytes), 0, TAG, crc32),
    )
    expect(greatest?.payloadBytes).toBe(FRAME_PAYLOAD_BYTES_MAX)
    expect(beyond).toBeUndefined()
  })

  test('an item that is longer than any record is none', () => {
    expect(readFrame(frameWith(ITEM_BODY_BYTES_MAX), 0, format)?.items.length).toBe(1)
    expect(readFrame(frameWith(ITEM_BODY_BYTES_MAX + 1), 0, format)).toBeUndefined()
  })

  test('a small file that is not small is not parsed', () => {
    const long = seal('kind', { text: 'x'.repeat(4 * 1024 * 1024) })
    expect(() => unseal('file', 'kind', long)).toThrow('file is damaged')
  })

  test('a segment of a size that the store never writes is not read into memory', async () => {
    const { disk } = await written()
    const open = disk.open.bind(disk)
    let reads = 0
    disk.open = async (name, options) => {
      const file = await open(name, options)
      if (name !== SEGMENT) return file
      Object.defineProperty(file, 'size', { value: 2 ** 31 })
      file.read = () => {
        reads++
        return Promise.resolve(new Uint8Array(0))
      }
      return file
    }
    await expect(makeStore(disk).start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(reads).toBe(0)
  })
})
