import { expect, test } from '@jest/globals'
import { ManualClock, seededRandom, utf8, type Random } from '@bzzz/base'
import { laneCount } from '@bzzz-tooling/jest-preset/lane'
import type { LogStore } from '../src/log/log-store.js'
import { FakeDisk } from './fake-disk.js'
import { makeStore, textOf } from './harness.js'

const KEYS = 6

/** What may be read of each key: what was acknowledged last, or anything submitted after that. */
class Expected {
  readonly #allowed = new Map<string, string[]>()
  readonly operations = new Map<string, { key: string; value: string }>()

  submitted(key: string, value: string): void {
    this.#allowed.set(key, [...this.of(key), value])
  }

  acknowledged(key: string, value: string, opId: string): void {
    const allowed = this.of(key)
    this.#allowed.set(key, allowed.slice(allowed.indexOf(value)))
    this.operations.set(opId, { key, value })
  }

  /** What was read after a crash is what is there from now on. */
  settled(key: string, value: string | undefined): void {
    this.#allowed.set(key, [value ?? ''])
  }

  of(key: string): string[] {
    return this.#allowed.get(key) ?? ['']
  }
}

interface Life {
  readonly disk: FakeDisk
  readonly expected: Expected
  readonly clock: ManualClock
  readonly name: string
}

const OPTIONS = { segmentBytes: 700, markDelayMs: 5, supersededMax: 1000, cacheBytesMax: 600 }

/** Writes until the disk dies; small segments, so that rolling and compaction are under way. */
const work = async (life: Life, random: Random, writes: number): Promise<void> => {
  const { disk, expected, clock } = life
  const store = makeStore(disk, { ...OPTIONS, clock, random: seededRandom(7) })
  await store.start()
  const pending: Promise<unknown>[] = []
  for (let i = 0; i < writes; i++) {
    const key = `key-${String(random.int(KEYS))}`
    const value = `${life.name}-${String(i)}${'.'.repeat(random.int(40))}`
    const opId = `op-${value}`
    expected.submitted(key, value)
    const { committed, record } = store.append({ key, value: utf8(value) }, { opId })
    pending.push(
      committed.then(() => {
        expected.acknowledged(key, value, opId)
        if (random.int(2) === 0) store.markClean([record])
      }),
    )
    clock.advance(random.int(3))
    if (random.int(3) === 0) await Promise.allSettled(pending)
  }
  await Promise.all(pending)
  await store.stop()
}

const check = async (life: Life): Promise<LogStore> => {
  const { disk, expected, clock, name } = life
  const store = makeStore(disk, { ...OPTIONS, clock, random: seededRandom(7) })
  await store.start()
  for (let i = 0; i < KEYS; i++) {
    const key = `key-${String(i)}`
    const text = (await textOf(store, key)) ?? ''
    if (!expected.of(key).includes(text))
      throw new Error(`${name}: ${key} is ${text}, not one of ${expected.of(key).join(' | ')}`)
    expected.settled(key, text)
  }
  for (const [opId, { key, value }] of expected.operations) {
    const { isDuplicate } = store.append({ key, value: utf8(value) }, { opId })
    if (!isDuplicate) throw new Error(`${name}: ${opId} was forgotten`)
  }
  return store
}

/** Runs with a disk that dies at operation `at`; false when the work ended before. */
const crashAt = async (at: number, seed: number, writes: number): Promise<boolean> => {
  const random = seededRandom(seed * 1000 + at)
  const life: Life = {
    disk: new FakeDisk(),
    expected: new Expected(),
    clock: new ManualClock(),
    name: `seed ${String(seed)}, crash at operation ${String(at)}`,
  }
  let operations = 0
  life.disk.before = () => {
    if (++operations >= at) throw Object.assign(new Error('power cut'), { code: 'EIO' })
  }
  let died = false
  await work(life, seededRandom(seed), writes).catch((error: unknown) => {
    died = true
    if (operations < at) throw error
  })
  for (const disk of [life.disk.cut(random), life.disk.cut(random), life.disk.killed()]) {
    // Each copy is one way in which the same crash can end.
    const expected = new Expected()
    for (let i = 0; i < KEYS; i++)
      for (const value of life.expected.of(`key-${String(i)}`))
        expected.submitted(`key-${String(i)}`, value)
    for (const [opId, { key, value }] of life.expected.operations)
      expected.operations.set(opId, { key, value })
    const after = { ...life, disk, expected }
    const store = await check(after)
    await store.stop()
    await (await check(after)).stop()
  }
  return died || operations >= at
}

test('a crash at every operation of the disk, compaction included: nothing acknowledged is lost', async () => {
  let at = 1
  while (await crashAt(at, 1, 60)) at++
  // The work has to have rolled and compacted several times for this to mean anything.
  expect(at).toBeGreaterThan(250)
})

test('crash upon crash, in random places: nothing acknowledged is lost, nothing is invented', async () => {
  let recovered = 0
  for (let seed = 1; seed <= laneCount(40, 3000); seed++) {
    const random = seededRandom(seed)
    let life: Life = {
      disk: new FakeDisk(),
      expected: new Expected(),
      clock: new ManualClock(),
      name: `seed ${String(seed)}`,
    }
    for (let round = 0; round < 5; round++) {
      let left = random.int(120)
      life.disk.before = () => {
        if (left-- <= 0) throw Object.assign(new Error('power cut'), { code: 'EIO' })
      }
      const name = `seed ${String(seed)}, round ${String(round)}`
      await work({ ...life, name }, random, 40).catch(() => {})
      life = {
        ...life,
        name,
        disk: random.int(3) === 0 ? life.disk.killed() : life.disk.cut(random),
      }
      const store = await check(life)
      await store.stop()
      recovered++
    }
  }
  expect(recovered).toBe(laneCount(40, 3000) * 5)
})
