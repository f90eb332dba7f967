import { describe, expect, test } from '@jest/globals'
import { baseError, ManualClock } from '@bzzz/base'
import type { AuditEntry, AuditSink } from '../src/audit/audit-entry.js'
import { audited, type AuditOptions } from '../src/audit/audited.js'
import { MemoryShelf, shelfPort, type Shelf } from './shelf.js'

const secret = new TextEncoder().encode('the value itself')

const setUp = (options: Partial<AuditOptions> = {}) => {
  const clock = new ManualClock(1000)
  const entries: AuditEntry[] = []
  const lost: { readonly error: unknown; readonly entry: AuditEntry }[] = []
  const sink: AuditSink = {
    append: (entry) => {
      entries.push(entry)
    },
  }
  const inner = new MemoryShelf()
  const outer = audited<Shelf>(shelfPort, inner, sink, {
    component: 'shelf',
    clock,
    onEntryLost: (error, entry) => lost.push({ error, entry }),
    ...options,
  })
  return { clock, entries, lost, sink, inner, outer }
}

describe('audited', () => {
  test('enters a write before it is made, and its outcome before the caller hears it', async () => {
    const { clock, entries, inner, outer } = setUp({ actor: () => 'admin' })
    const put = inner.put.bind(inner)
    inner.put = async (...args) => {
      expect(entries).toHaveLength(1)
      clock.advance(7)
      return put(...args)
    }
    await outer.put('a', secret, { opId: 'op-1' })
    const about = { actor: 'admin', component: 'shelf', call: 1, op: 'put', key: 'a' }
    expect(entries).toEqual([
      { kind: 'attempt', atMs: 1000, ...about, opId: 'op-1', level: 'local' },
      {
        kind: 'write',
        atMs: 1007,
        ...about,
        opId: 'op-1',
        level: 'local',
        outcome: 'acknowledged',
        version: { wallMs: 1, counter: 0, writer: 'a' },
        code: undefined,
        durationMs: 7,
      },
    ])
    expect(JSON.stringify(entries)).not.toContain('value itself')
  })

  test('tells every way in which a write can end', async () => {
    const { entries, inner, outer } = setUp()
    inner.outcome = 'pending'
    await outer.put('a', secret)
    for (const [fails, signal] of [
      [baseError('TIMEOUT', 'the value itself'), undefined],
      [baseError('INVALID_ARGUMENT', 'the value itself'), undefined],
      [new Error('the value itself'), undefined],
      [undefined, AbortSignal.abort()],
    ] as const) {
      inner.fails = fails
      await expect(outer.put('a', secret, { signal })).rejects.toBeDefined()
    }
    const outcomes = entries.flatMap((entry) =>
      entry.kind === 'write' ? [[entry.outcome, entry.code]] : [],
    )
    expect(outcomes).toEqual([
      ['pending', undefined],
      ['unavailable', 'TIMEOUT'],
      ['refused', 'INVALID_ARGUMENT'],
      ['refused', 'UNKNOWN'],
      ['aborted', 'ABORTED'],
    ])
    expect(JSON.stringify(entries)).not.toContain('value itself')
  })

  test('leaves reads, streams and subscriptions alone', async () => {
    const { entries, outer } = setUp()
    await outer.get('a')
    for await (const key of outer.keys()) expect(key).toBe('none')
    outer.onChange(() => {})()
    expect([entries, outer.label, Reflect.get(outer, 'drop')]).toEqual([[], 'a shelf', undefined])
  })

  test('refuses a write that cannot be entered, and makes it not', async () => {
    const { sink, inner, lost, outer } = setUp()
    sink.append = () => {
      throw new Error('disk full')
    }
    await expect(outer.put('a', secret)).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      verdict: 'answered',
    })
    sink.append = () => Promise.reject(baseError('TIMEOUT', 'slow disk'))
    // Not an outage of the port: a hybrid must not fall back from its audit log.
    await expect(outer.put('a', secret)).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      verdict: 'answered',
    })
    expect([inner.values.size, lost.length]).toEqual([0, 0])
  })

  test('reports the outcome that could not be entered, and answers as it went', async () => {
    const { sink, lost, inner, outer } = setUp()
    sink.append = (entry) => {
      if (entry.kind === 'write') throw new Error('disk full')
    }
    expect(await outer.put('a', secret)).toMatchObject({ outcome: 'acknowledged' })
    inner.fails = baseError('TIMEOUT', 'late')
    await expect(outer.put('a', secret)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(lost.map(({ entry }) => entry)).toMatchObject([
      { outcome: 'acknowledged' },
      { outcome: 'unavailable' },
    ])
  })

  test('with `report`, makes the write in any case', async () => {
    const { sink, lost, entries, outer } = setUp({ onSinkError: 'report' })
    await outer.put('a', secret)
    expect(entries.map(({ kind }) => kind)).toEqual(['write'])
    sink.append = () => Promise.reject(new Error('disk full'))
    expect(await outer.put('b', secret)).toMatchObject({ key: 'b' })
    expect(lost).toMatchObject([{ error: { message: 'disk full' }, entry: { key: 'b' } }])
  })

  test('writes keep the order of their calls, and the bytes that they were given', async () => {
    const { sink, inner, outer } = setUp()
    const waiting: (() => void)[] = []
    sink.append = (entry) =>
      entry.kind === 'attempt'
        ? new Promise((resolve) => {
            waiting.push(resolve)
          })
        : undefined
    const value = new Uint8Array([1])
    const writes = [outer.put('a', value)]
    value[0] = 2
    writes.push(outer.put('a', value))
    value[0] = 3
    // The log answers in the other order.
    for (const resolve of waiting.toReversed()) resolve()
    await Promise.all(writes)
    expect(inner.values.get('a')).toEqual(new Uint8Array([2]))
  })

  test('stopping lets through what was called before, and waits for its entries', async () => {
    const { sink, inner, outer, entries } = setUp()
    await outer.start()
    const append = sink.append.bind(sink)
    sink.append = async (entry) => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      await append(entry)
    }
    const writing = outer.put('a', secret)
    await outer[Symbol.asyncDispose]()
    expect(inner.isStarted).toBe(false)
    expect(entries.map(({ kind }) => kind)).toEqual(['attempt', 'write'])
    expect(await writing).toMatchObject({ outcome: 'acknowledged' })
  })

  test('one attempt that cannot be entered does not stop those after it', async () => {
    const { sink, inner, outer } = setUp()
    sink.append = (entry) => {
      if (entry.kind !== 'action' && entry.key === 'a') throw new Error('disk full')
    }
    const [first, second] = await Promise.allSettled([
      outer.put('a', secret),
      outer.put('b', secret),
    ])
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled'])
    expect([...inner.values.keys()]).toEqual(['b'])
  })

  test('bounds what callers choose, and takes what the port will refuse', async () => {
    const { entries, outer } = setUp()
    await outer.put('k'.repeat(100_000), secret, { opId: 'o'.repeat(100_000) })
    expect(JSON.stringify(entries[0]).length).toBeLessThan(3000)
    await outer.put(7 as unknown as string, secret)
    expect(entries.at(-1)).toMatchObject({ key: '' })
  })
})
