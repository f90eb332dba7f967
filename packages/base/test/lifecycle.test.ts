import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { AbortOptions } from '../src/abort.js'
import { Service, startAll, stopAll } from '../src/lifecycle.js'
import { codeFrom, settle, thrownCode } from './support.js'

type Step = () => Promise<void>

/** Counts what runs, so that a leak shows as a number. */
class Part extends Service {
  running = 0
  starts = 0
  stops = 0
  readonly #log: string[]
  readonly #label: string
  onStarting: Step = () => Promise.resolve()
  onStopping: Step = () => Promise.resolve()

  constructor(label = 'the part', log: string[] = []) {
    super(label)
    this.#label = label
    this.#log = log
  }

  protected async onStart(_options: AbortOptions): Promise<void> {
    this.starts++
    await this.onStarting()
    this.running++
    this.#log.push(`+${this.#label}`)
  }

  protected async onStop(): Promise<void> {
    this.stops++
    await this.onStopping()
    this.running--
    this.#log.push(`-${this.#label}`)
  }

  work(): void {
    this.assertStarted()
  }
}

const refuse = (message: string): Step => {
  return () => Promise.reject(new Error(message))
}

describe('a service', () => {
  test('starts once and stops once, however often it is told to', async () => {
    const part = new Part()
    await Promise.all([part.start(), part.start()])
    await part.start()
    expect([part.starts, part.isStarted]).toEqual([1, true])
    await Promise.all([part.stop(), part.stop()])
    await part[Symbol.asyncDispose]()
    expect([part.stops, part.isStarted, part.running]).toEqual([1, false, 0])
  })

  test('works between start and stop only', async () => {
    const part = new Part()
    const tryWork = (): string | undefined => thrownCode(() => part.work())
    expect(tryWork()).toBe('NOT_STARTED')
    const gate = Promise.withResolvers<void>()
    part.onStarting = () => gate.promise
    const starting = part.start()
    expect(tryWork()).toBe('NOT_STARTED')
    gate.resolve()
    await starting
    expect(tryWork()).toBeUndefined()
    const stopping = part.stop()
    await settle()
    expect(tryWork()).toBe('NOT_STARTED')
    await stopping
    expect(tryWork()).toBe('NOT_STARTED')
  })

  test('names itself and its state in the error', () => {
    expect(() => new Part('the store').work()).toThrow('the store is not started')
  })

  test('is not started again after stop, not even before it ever started', async () => {
    const part = new Part()
    await part.stop()
    expect([await codeFrom(() => part.start()), part.starts]).toEqual(['NOT_STARTED', 0])
  })

  test('may be started again after a failed start', async () => {
    const part = new Part()
    part.onStarting = refuse('no')
    await expect(part.start()).rejects.toThrow('no')
    expect(part.isStarted).toBe(false)
    part.onStarting = () => Promise.resolve()
    await part.start()
    expect(part.isStarted).toBe(true)
    await part.stop()
  })

  test('stop waits for a start in progress, then stops it', async () => {
    const part = new Part()
    const gate = Promise.withResolvers<void>()
    part.onStarting = () => gate.promise
    const starting = part.start()
    const stopping = part.stop()
    gate.resolve()
    await Promise.all([starting, stopping])
    expect([part.running, part.stops]).toEqual([0, 1])
  })

  test('a start aborted beforehand has no effect', async () => {
    const part = new Part()
    expect(await codeFrom(() => part.start({ signal: AbortSignal.abort() }))).toBe('ABORTED')
    expect(part.starts).toBe(0)
  })

  test('may be started after a start that was aborted beforehand', async () => {
    const part = new Part()
    expect(await codeFrom(() => part.start({ signal: AbortSignal.abort() }))).toBe('ABORTED')
    await part.start()
    expect(part.running).toBe(1)
  })

  test('a stop that fails still leaves it stopped, and fails the same way again', async () => {
    const part = new Part()
    part.onStopping = refuse('stuck')
    await part.start()
    await expect(part.stop()).rejects.toThrow('stuck')
    await expect(part.stop()).rejects.toThrow('stuck')
    expect([part.stops, await codeFrom(() => part.start())]).toEqual([1, 'NOT_STARTED'])
  })

  test('nothing runs after stop, in whatever order start and stop are called', async () => {
    const action = fc.constantFrom('start', 'stop', 'turn', 'fail', 'work')
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const part = new Part()
        const calls: Promise<unknown>[] = []
        for (const each of actions) {
          if (each === 'start') calls.push(codeFrom(() => part.start()))
          if (each === 'stop') calls.push(codeFrom(() => part.stop()))
          if (each === 'turn') await Promise.resolve()
          if (each === 'fail') part.onStarting = refuse('no')
          if (each === 'work') part.onStarting = settle
        }
        calls.push(codeFrom(() => part.stop()))
        await Promise.all(calls)
        await settle()
        expect([part.running, part.isStarted]).toEqual([0, false])
      }),
    )
  })
})

const three = (): { parts: [Part, Part, Part]; log: string[] } => {
  const log: string[] = []
  return { log, parts: [new Part('a', log), new Part('b', log), new Part('c', log)] }
}

describe('several parts', () => {
  test('start in order and stop in reverse', async () => {
    const { parts, log } = three()
    await startAll(parts)
    await stopAll(parts)
    expect(log).toEqual(['+a', '+b', '+c', '-c', '-b', '-a'])
  })

  test('a failed start leaves nothing running, and names its cause', async () => {
    const { parts, log } = three()
    parts[2].onStarting = refuse('no room')
    await expect(startAll(parts)).rejects.toThrow('no room')
    expect(log).toEqual(['+a', '+b', '-b', '-a'])
  })

  test('the cause of a failed start survives a stop that fails, too', async () => {
    const { parts, log } = three()
    parts[1].onStopping = refuse('stuck')
    parts[2].onStarting = refuse('no room')
    await expect(startAll(parts)).rejects.toThrow('no room')
    expect(log).toEqual(['+a', '+b', '-a'])
  })

  test('an abort between two starts stops what had started', async () => {
    const { parts, log } = three()
    const controller = new AbortController()
    parts[0].onStarting = () => {
      controller.abort()
      return Promise.resolve()
    }
    expect(await codeFrom(() => startAll(parts, { signal: controller.signal }))).toBe('ABORTED')
    expect(log).toEqual(['+a', '-a'])
  })

  test('all are stopped although some fail, and every failure is told', async () => {
    const { parts, log } = three()
    await startAll(parts)
    parts[0].onStopping = refuse('first')
    parts[2].onStopping = refuse('third')
    const failure: unknown = await stopAll(parts).catch((error: unknown) => error)
    expect((failure as AggregateError).errors.map(String)).toEqual(['Error: third', 'Error: first'])
    expect(log).toEqual(['+a', '+b', '+c', '-b'])
  })
})
