import { describe, expect, test } from '@jest/globals'
import { codeOf, fromUtf8, ManualClock, seededRandom } from '@bzzz/base'
import { FakeDisk } from './fake-disk.js'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import type { LogStore } from '../src/log/log-store.js'
import { makeStore, put, refusal, startStore, textOf } from './harness.js'

const KEYS = 40
const SEGMENT = '00000001.log'

/** A stopped store with a merged segment, sealed segments and an active one. */
const written = async (): Promise<FakeDisk> => {
  const disk = new FakeDisk()
  const store = await startStore(disk, { segmentBytes: 2000 })
  // In one frame, so that its segment has no garbage and stays as it is.
  await Promise.all(
    Array.from({ length: KEYS }, (_, i) => put(store, `cold-${String(i)}`, String(i))),
  )
  for (let round = 0; round < 4; round++)
    for (let i = 0; i < KEYS; i++)
      await put(store, `key-${String(i)}`, `${String(round)}-${String(i)}`)
  await store.stop()
  return disk
}

const kindOf = (disk: FakeDisk, name: string): string => {
  if (!name.endsWith('.log')) return name
  const manifest = fromUtf8(disk.get('manifest'))
  const number = String(Number.parseInt(name, 10))
  if (manifest.includes(`{"number":${number},"kind":"merged"`)) return 'merged segment'
  return manifest.includes(`{"number":${number},"kind":"log","end"`)
    ? 'sealed segment'
    : 'active segment'
}

describe('one flipped bit is told at the start, wherever it is', () => {
  test('in every byte of every kind of file', async () => {
    const disk = await written()
    expect(await refusal(disk.killed())).toBeUndefined()
    const seed = 20
    const random = seededRandom(seed)
    const kinds = new Map<string, number>()
    for (const name of disk.live.keys()) {
      const kind = kindOf(disk, name)
      // One file of each kind; of long ones a share in the normal lane.
      if (kinds.has(kind)) continue
      const { length } = disk.get(name)
      kinds.set(kind, length)
      const step = length > 1000 ? laneCount(9, 1) : 1
      for (let at = 0; at < length; at += step) {
        const flipped = disk.killed()
        flipped.flip(name, at * 8 + random.int(8))
        const code = await refusal(flipped, { segmentBytes: 2000 })
        expect([seed, name, at, code]).toEqual([
          seed,
          name,
          at,
          expect.stringMatching(/^STORE_(DAMAGED|FOREIGN|FORMAT)$/),
        ])
      }
    }
    expect([...kinds.keys()].toSorted()).toEqual([
      'active segment',
      'identity',
      'manifest',
      'mark',
      'merged segment',
      'sealed segment',
    ])
  })
})

test('the message names file and range, and the remedy says what to do', async () => {
  const disk = await written()
  const name = [...disk.live.keys()].find((file) => kindOf(disk, file) === 'sealed segment') ?? ''
  disk.flip(name, 8 * 500)
  const error: unknown = await makeStore(disk)
    .start()
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'STORE_DAMAGED',
    verdict: 'unavailable',
    message: expect.stringMatching(new RegExp(`^${name} is damaged between bytes \\d+ and \\d+$`)),
    remedy: expect.stringContaining('backup'),
    details: { file: name },
  })
})

/** What a read gives: the value, or the code of its error. */
const outcomeOf = async (store: LogStore, key: string): Promise<string> => {
  try {
    return (await textOf(store, key)) ?? 'absent'
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

test('what is damaged while the store runs is told by the read, never served', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk, { cacheBytesMax: 0 })
  for (let i = 0; i < KEYS; i++) await put(store, `key-${String(i)}`, `value-${String(i)}`)
  const inode = disk.live.get(SEGMENT)
  const clean = inode?.bytes.slice() ?? new Uint8Array(0)
  let told = 0
  const wrong: string[] = []
  for (let at = 200; at < clean.length; at += 7) {
    if (inode === undefined) break
    inode.bytes = clean.slice()
    inode.bytes[at] = (inode.bytes[at] ?? 0) ^ 4
    for (let i = 0; i < KEYS; i++) {
      const outcome = await outcomeOf(store, `key-${String(i)}`)
      if (outcome === 'STORE_DAMAGED') told++
      else if (outcome !== `value-${String(i)}`) wrong.push(`${String(at)}: ${outcome}`)
    }
  }
  expect(wrong).toEqual([])
  expect(told).toBeGreaterThan(250)
})

test('without a mark, a later frame proves that the damaged one was synced', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  for (let i = 0; i < 5; i++) await put(store, `key-${String(i)}`, 'value')
  const last = disk.get(SEGMENT).length
  await put(store, 'last', 'value')
  disk.live.delete('mark')
  for (let at = 0; at < last; at += 3) {
    const flipped = disk.killed()
    flipped.flip(SEGMENT, at * 8 + (at % 8))
    expect([at, await refusal(flipped)]).toEqual([
      at,
      expect.stringMatching(/^STORE_(DAMAGED|FOREIGN)$/),
    ])
  }
})

test('a flipped bit in the last batch after kill -9 is told once the mark covers it', async () => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const store = await startStore(disk, { clock })
  await put(store, 'a', 'x')
  const unmarked = disk.killed()
  const before = disk.live.get('mark')
  clock.advance(250)
  while (disk.live.get('mark') === before) await Promise.resolve()
  const marked = disk.killed()
  const last = (disk.get(SEGMENT).length - 1) * 8
  for (const copy of [unmarked, marked]) copy.flip(SEGMENT, last)
  expect(await refusal(marked)).toBe('STORE_DAMAGED')
  // The window that is left, 250 ms wide: here the batch looks like one that was never synced.
  const window = await startStore(unmarked)
  expect(window.size).toBe(0)
})
