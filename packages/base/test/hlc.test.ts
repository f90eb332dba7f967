import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import {
  compareHlc,
  DEFAULT_MAX_SKEW_MS,
  HLC_COUNTER_MAX,
  HybridClock,
  type Hlc,
  type HybridClockOptions,
} from '../src/hlc.js'
import { ManualClock } from '../src/manual-clock.js'
import { at, thrownCode } from './support.js'

type Step =
  | { readonly op: 'tick'; readonly gives?: Hlc; readonly code?: string }
  | { readonly op: 'receive'; readonly stamp: Hlc; readonly code?: string }
  | { readonly op: 'advance' | 'jump'; readonly byMs: number }
  | { readonly op: 'ceiling'; readonly gives: number }
  | { readonly op: 'persisted'; readonly ceilingMs: number }
  | { readonly op: 'covered'; readonly stamp: Hlc; readonly gives: boolean }

interface Script extends Omit<HybridClockOptions, 'clock'> {
  readonly name: string
  readonly startMs: number
  readonly steps: readonly Step[]
}

const { scripts } = JSON.parse(
  readFileSync(new URL('../../../vectors/hlc/scripts.json', import.meta.url), 'utf8'),
) as { scripts: Script[] }

/** What the step gives: a value, a code, or undefined. */
const play = (hlc: HybridClock, clock: ManualClock, step: Step): unknown => {
  if (step.op === 'tick') return hlc.tick()
  if (step.op === 'ceiling') return hlc.nextCeilingMs()
  if (step.op === 'covered') return hlc.isCovered(step.stamp)
  if (step.op === 'receive') hlc.receive(step.stamp)
  if (step.op === 'persisted') hlc.ceilingPersisted(step.ceilingMs)
  if (step.op === 'advance') clock.advance(step.byMs)
  if (step.op === 'jump') clock.jumpWall(step.byMs)
  return undefined
}

describe('the hybrid clock, by vectors', () => {
  test.each(scripts)('$name', ({ name: _name, startMs, steps, ...options }) => {
    const clock = new ManualClock(startMs)
    const hlc = new HybridClock({ clock, ...options })
    for (const step of steps) {
      let gave: unknown
      const code = thrownCode(() => {
        gave = play(hlc, clock, step)
      })
      expect({ step, code, gave }).toEqual({
        step,
        code: 'code' in step ? step.code : undefined,
        gave: 'gives' in step ? step.gives : undefined,
      })
    }
  })
})

const START_MS = 1_700_000_000_000

const event = fc.oneof(
  fc.constant({ kind: 'tick' as const }),
  fc.record({ kind: fc.constant('advance' as const), byMs: fc.nat(2000) }),
  fc.record({
    kind: fc.constant('jump' as const),
    byMs: fc.integer({ min: -86_400_000, max: 3_600_000 }),
  }),
  fc.record({
    kind: fc.constant('receive' as const),
    aheadMs: fc.integer({ min: -2000, max: 2000 }),
    counter: fc.constantFrom(0, 1, HLC_COUNTER_MAX - 1, HLC_COUNTER_MAX),
  }),
)

describe('the hybrid clock', () => {
  test('gives whole milliseconds although the wall clock has fractions', () => {
    expect(new HybridClock({ clock: new ManualClock(START_MS + 0.7) }).tick().wallMs).toBe(START_MS)
  })

  test('gives out 65,536 stamps in a millisecond, goes on into the next, and stops at the skew', () => {
    const hlc = new HybridClock({ clock: new ManualClock(START_MS), maxSkewMs: 2 })
    let previous = hlc.tick()
    for (let i = 1; i < 3 * (HLC_COUNTER_MAX + 1); i++) {
      const stamp = hlc.tick()
      if (compareHlc(stamp, previous) <= 0) throw new Error('a stamp did not rise')
      previous = stamp
    }
    expect(previous).toEqual({ wallMs: START_MS + 2, counter: HLC_COUNTER_MAX })
    expect(thrownCode(() => hlc.tick())).toBe('CLOCK_EXHAUSTED')
    expect(hlc.last).toEqual(previous)
  })

  test('stamps rise strictly, whatever the wall clock and peers do', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const clock = new ManualClock(START_MS)
        const hlc = new HybridClock({ clock })
        const stamps: Hlc[] = []
        for (const each of events) {
          if (each.kind === 'advance') clock.advance(each.byMs)
          if (each.kind === 'jump') clock.jumpWall(each.byMs)
          if (each.kind === 'receive')
            thrownCode(() => hlc.receive({ ...each, wallMs: clock.nowMs() + each.aheadMs }))
          if (each.kind === 'tick' && thrownCode(() => hlc.tick()) === undefined)
            stamps.push(hlc.last)
        }
        expect(
          stamps.every((stamp, i) => i === 0 || compareHlc(stamp, at(stamps, i - 1)) > 0),
        ).toBe(true)
      }),
    )
  })

  test('a peer’s stamp is followed up to the skew, and leaves no trace beyond it', () => {
    const aheadMs = fc.integer({ min: -2000, max: 2000 })
    fc.assert(
      fc.property(aheadMs, fc.nat(HLC_COUNTER_MAX), (ahead, counter) => {
        const hlc = new HybridClock({ clock: new ManualClock(START_MS) })
        const before = hlc.tick()
        const stamp = { wallMs: START_MS + ahead, counter }
        const isTooFar = ahead > DEFAULT_MAX_SKEW_MS
        const newer = compareHlc(stamp, before) > 0 ? stamp : before
        expect(thrownCode(() => hlc.receive(stamp))).toBe(isTooFar ? 'CLOCK_SKEW' : undefined)
        expect(hlc.last).toEqual(isTooFar ? before : newer)
      }),
    )
  })

  test('while its clock runs true, peers with the same clock accept every stamp it gives out', () => {
    const step = fc.record({
      advanceMs: fc.nat(3),
      aheadMs: fc.nat(DEFAULT_MAX_SKEW_MS + 5),
      counter: fc.constantFrom(0, HLC_COUNTER_MAX),
    })
    fc.assert(
      fc.property(fc.array(step), (events) => {
        const clock = new ManualClock(START_MS)
        const [hlc, peer] = [new HybridClock({ clock }), new HybridClock({ clock })]
        const refusals = events.map(({ advanceMs, aheadMs, counter }) => {
          clock.advance(advanceMs)
          thrownCode(() => hlc.receive({ wallMs: clock.nowMs() + aheadMs, counter }))
          const isExhausted = thrownCode(() => hlc.tick()) !== undefined
          return isExhausted ? undefined : thrownCode(() => peer.check(hlc.last))
        })
        expect(refusals.filter((code) => code !== undefined)).toEqual([])
      }),
    )
  })
})

interface Saved {
  readonly last?: Hlc
  readonly ceilingMs?: number
}

/**
 * A node as the store builds it. A stamp leaves at once when it is covered, else when the batch
 * that holds it is on disk. A crash loses what is not on disk; a batch that was being written then is
 * on disk whole or not at all.
 */
class Node {
  readonly sent: Hlc[] = []
  readonly #clock: ManualClock
  readonly #isLazy: boolean
  #saved: Saved = {}
  #hlc: HybridClock
  #queue: { readonly stamp: Hlc; readonly isSent: boolean }[] = []
  #writing: { readonly saved: Saved; readonly stamps: Node['sent'] } | undefined

  /** @param isLazy persist a ceiling only when a stamp needs one, not with every batch */
  constructor(clock: ManualClock, isLazy: boolean) {
    this.#clock = clock
    this.#isLazy = isLazy
    this.#hlc = this.#open()
  }

  #open(): HybridClock {
    return new HybridClock({
      clock: this.#clock,
      maxSkewMs: 6,
      ceilingWindowMs: 2,
      restored: this.#saved,
    })
  }

  write(): void {
    if (thrownCode(() => this.#hlc.tick()) !== undefined) return
    const stamp = this.#hlc.last
    const isSent = this.#hlc.isCovered(stamp)
    if (isSent) this.sent.push(stamp)
    this.#queue.push({ stamp, isSent })
  }

  receive(stamp: Hlc): void {
    thrownCode(() => this.#hlc.receive(stamp))
  }

  beginBatch(): void {
    const last = this.#queue.at(-1)?.stamp
    if (this.#writing !== undefined || last === undefined) return
    const waiting = this.#queue.filter(({ isSent }) => !isSent).map(({ stamp }) => stamp)
    const ceiling =
      this.#isLazy && waiting.length === 0 ? {} : { ceilingMs: this.#hlc.nextCeilingMs() }
    this.#writing = { saved: { ...this.#saved, last, ...ceiling }, stamps: waiting }
    this.#queue = []
  }

  endBatch(): void {
    if (this.#writing === undefined) return
    this.#saved = this.#writing.saved
    this.#hlc.ceilingPersisted(this.#saved.ceilingMs ?? 0)
    this.sent.push(...this.#writing.stamps)
    this.#writing = undefined
  }

  crash(keepsBatch: boolean): void {
    if (keepsBatch && this.#writing !== undefined) this.#saved = this.#writing.saved
    this.#writing = undefined
    this.#queue = []
    this.#hlc = this.#open()
  }
}

test('no stamp leaves a node twice, wherever it crashes and whatever its wall clock does', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'write' as const }) },
    { weight: 2, arbitrary: fc.constantFrom({ kind: 'begin' as const }, { kind: 'end' as const }) },
    fc.record({ kind: fc.constant('crash' as const), keepsBatch: fc.boolean() }),
    fc.record({ kind: fc.constant('advance' as const), byMs: fc.nat(3) }),
    fc.record({
      kind: fc.constant('jump' as const),
      byMs: fc.constantFrom(-86_400_000, -3, -1, 1, 86_400_000),
    }),
    fc.record({
      kind: fc.constant('receive' as const),
      aheadMs: fc.nat(6),
      counter: fc.constantFrom(0, HLC_COUNTER_MAX),
    }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.boolean(), (actions, isLazy) => {
      const clock = new ManualClock(START_MS)
      const node = new Node(clock, isLazy)
      for (const each of actions) {
        if (each.kind === 'write') node.write()
        if (each.kind === 'begin') node.beginBatch()
        if (each.kind === 'end') node.endBatch()
        if (each.kind === 'crash') node.crash(each.keepsBatch)
        if (each.kind === 'advance') clock.advance(each.byMs)
        if (each.kind === 'jump') clock.jumpWall(each.byMs)
        if (each.kind === 'receive')
          node.receive({ wallMs: clock.nowMs() + each.aheadMs, counter: each.counter })
      }
      const names = node.sent.map(({ wallMs, counter }) => `${String(wallMs)}.${String(counter)}`)
      expect(new Set(names).size).toBe(names.length)
    }),
    { numRuns: 2000 },
  )
})
