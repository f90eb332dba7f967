import { expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { FakeDisk } from './fake-disk.js'
import { put, refusal, startStore, textOf } from './harness.js'

const SEGMENT = '00000001.log'
const BATCHES = 9
const MARKED = 4

/** Batches of one to three records; the mark on the disk covers the first four. */
const write = async (): Promise<{ disk: FakeDisk; ends: number[] }> => {
  const disk = new FakeDisk()
  const clock = new ManualClock()
  const store = await startStore(disk, { clock, markDelayMs: 10 })
  const ends = [disk.get(SEGMENT).length]
  for (let batch = 1; batch <= BATCHES; batch++) {
    const puts = Array.from({ length: 1 + (batch % 3) }, (_, i) =>
      put(store, `${String(batch)}/${String(i)}`, 'x'.repeat(batch)),
    )
    await Promise.all(puts)
    ends.push(disk.get(SEGMENT).length)
    if (batch !== MARKED) continue
    const before = disk.get('mark')
    clock.advance(10)
    while (disk.live.get('mark')?.bytes === before) await Promise.resolve()
    // A slower mark from here on: the timer is not moved again.
  }
  return { disk: disk.killed(), ends }
}

const cutAt = (disk: FakeDisk, length: number): FakeDisk => {
  const cut = disk.killed()
  cut.put(SEGMENT, disk.get(SEGMENT).slice(0, length))
  return cut
}

test('the log cut at every byte: all that was whole is there, and nothing else', async () => {
  const { disk, ends } = await write()
  const total = disk.get(SEGMENT).length
  const marked = ends[MARKED] ?? 0
  for (let length = marked; length <= total; length++) {
    const cut = cutAt(disk, length)
    const store = await startStore(cut)
    const whole = ends.filter((end) => end <= length).length - 1
    let records = 0
    for (let batch = 1; batch <= whole; batch++)
      for (let i = 0; i < 1 + (batch % 3); i++) {
        records++
        const text = await textOf(store, `${String(batch)}/${String(i)}`)
        if (text !== 'x'.repeat(batch))
          throw new Error(`cut at ${String(length)}: lost ${String(batch)}`)
      }
    expect(store.size).toBe(records)
    // The log goes on behind the cut, and is whole again.
    await put(store, 'after', String(length))
    const again = await startStore(cut.killed())
    expect(await textOf(again, 'after')).toBe(String(length))
    expect(again.size).toBe(records + 1)
  }
})

test('a cut into what the mark covers is told at every byte', async () => {
  const { disk, ends } = await write()
  const marked = ends[MARKED] ?? 0
  for (let length = 0; length < marked; length++)
    expect([length, await refusal(cutAt(disk, length))]).toEqual([
      length,
      expect.stringMatching(/^STORE_(DAMAGED|ROLLED_BACK)$/),
    ])
})

test('a tail of zeros or of foreign bytes is dropped, and never mistaken for records', async () => {
  const { disk, ends } = await write()
  for (const tail of [
    new Uint8Array(4096),
    new Uint8Array(4096).fill(0xff),
    disk.get(SEGMENT).slice(0, 500),
  ]) {
    const cut = cutAt(disk, ends[BATCHES] ?? 0)
    cut.put(SEGMENT, Uint8Array.from([...cut.get(SEGMENT), ...tail]))
    const store = await startStore(cut)
    expect(store.size).toBe(18)
    expect(cut.get(SEGMENT).length).toBeLessThan((ends[BATCHES] ?? 0) + 200)
  }
})

test('a value that looks like a frame does not turn a torn tail into damage', async () => {
  const disk = new FakeDisk()
  const store = await startStore(disk)
  await put(store, 'a', 'x')
  // What a reader of this directory could send back: a later frame, but not under this tag.
  const frame = disk.get(SEGMENT).slice(-100)
  frame.set(new Uint8Array(8).fill(7))
  const before = disk.get(SEGMENT).length
  await store.append({ key: 'b', value: frame }, { opId: 'b' }).committed
  const cut = disk.killed()
  cut.put(SEGMENT, disk.get(SEGMENT).slice(0, -1))
  const again = await startStore(cut)
  expect(again.size).toBe(1)
  expect(before).toBeGreaterThan(0)
})
