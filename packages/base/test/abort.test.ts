import { describe, expect, test } from '@jest/globals'
import { abortable, abortError, isAbort, throwIfAborted } from '../src/abort.js'
import { codeFrom, settle, thrownCode } from './support.js'

const never = (): Promise<never> => new Promise(() => {})

describe('abortable', () => {
  test('without a signal is the promise itself', () => {
    const promise = Promise.resolve(1)
    expect(abortable(promise, undefined)).toBe(promise)
  })

  test('gives the outcome when it comes first', async () => {
    const { signal } = new AbortController()
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1)
    await expect(abortable(Promise.reject(new Error('own')), signal)).rejects.toThrow('own')
  })

  test('rejects as soon as the signal fires', async () => {
    const controller = new AbortController()
    const outcome = codeFrom(() => abortable(never(), controller.signal))
    controller.abort()
    expect(await outcome).toBe('ABORTED')
  })

  test('rejects at once when the signal has fired before', async () => {
    expect(await codeFrom(() => abortable(never(), AbortSignal.abort()))).toBe('ABORTED')
  })

  test('swallows a failure that comes after the abort', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    try {
      const controller = new AbortController()
      const late = Promise.withResolvers<never>()
      const outcome = codeFrom(() => abortable(late.promise, controller.signal))
      controller.abort()
      late.reject(new Error('late'))
      const before = codeFrom(() =>
        abortable(Promise.reject(new Error('early')), AbortSignal.abort()),
      )
      expect([await outcome, await before]).toEqual(['ABORTED', 'ABORTED'])
      await settle()
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  test('leaves no listener behind', async () => {
    let listeners = 0
    const { signal } = new AbortController()
    const counting: AbortSignal = Object.create(signal, {
      aborted: { get: () => signal.aborted },
      addEventListener: { value: () => listeners++ },
      removeEventListener: { value: () => listeners-- },
    })
    await abortable(Promise.resolve(), counting)
    await codeFrom(() => abortable(Promise.reject(new Error('own')), counting))
    expect(listeners).toBe(0)
  })
})

describe('abort errors', () => {
  test('throwIfAborted throws only for a signal that has fired', () => {
    expect(thrownCode(() => throwIfAborted(undefined))).toBeUndefined()
    expect(thrownCode(() => throwIfAborted(new AbortController().signal))).toBeUndefined()
    expect(thrownCode(() => throwIfAborted(AbortSignal.abort()))).toBe('ABORTED')
  })

  test('carry the reason as their cause and are answers, not outages', () => {
    const error = abortError(AbortSignal.abort('enough'))
    expect([error.cause, error.verdict]).toEqual(['enough', 'answered'])
  })

  test('isAbort knows ours and the platform’s, and nothing else', () => {
    expect(isAbort(abortError(AbortSignal.abort()))).toBe(true)
    expect(isAbort(AbortSignal.abort().reason)).toBe(true)
    for (const other of [undefined, null, 'AbortError', new Error('x'), { code: 'TIMEOUT' }])
      expect(isAbort(other)).toBe(false)
  })
})
