import {
  baseError,
  codeOf,
  equalBytes,
  ManualClock,
  messageOf,
  utf8,
  fromUtf8,
  verdictOf,
  type RequestHandler,
  Deadlines,
} from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { FRAGMENT_BYTES, MESSAGE_BYTES_MAX, SERVING_BYTES_MAX } from '../limits.js'
import { AnswerStream } from './answer-stream.js'
import { ANSWER, FAILURE, HEADER_BYTES, REQUEST, writeFrame, type FrameKind } from './frame.js'
import { RequestStream } from './request-stream.js'
import type { StreamPort } from './stream-port.js'

const idle = (): StreamPort => ({
  send: () => true,
  pause: () => {},
  resume: () => {},
  abort: () => {},
  close: () => {},
})

/** A request stream and an answer stream, joined by a wire that delivers in later microtasks. */
const joined = (handler: RequestHandler, servingMax = 256) => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const log: string[] = []
  const answered = { count: 0 }
  const requests = new RequestStream({
    peerId: 'server',
    deadlines,
    onAnswer: () => {
      answered.count++
    },
  })
  const answers = new AnswerStream({
    peerId: 'client',
    handler,
    servingMax,
    onViolation: (error) => log.push(`violation ${codeOf(error)}`),
  })
  const wire = { isPaused: false, held: [] as Uint8Array[] }
  const deliver = (bytes: Uint8Array): void => {
    if (wire.isPaused) wire.held.push(bytes)
    else answers.onBytes(bytes)
  }
  requests.attach({
    ...idle(),
    send: (bytes) => {
      queueMicrotask(() => {
        deliver(bytes.slice())
      })
      return true
    },
    abort: () => log.push('client reset'),
  })
  answers.attach({
    ...idle(),
    send: (bytes) => {
      queueMicrotask(() => {
        requests.onBytes(bytes.slice())
      })
      return true
    },
    pause: () => {
      wire.isPaused = true
    },
    resume: () => {
      wire.isPaused = false
      for (const bytes of wire.held.splice(0)) answers.onBytes(bytes)
    },
    abort: () => log.push('server reset'),
    close: () => log.push('server closed'),
  })
  const ask = (text: string, signal?: AbortSignal): Promise<string> =>
    requests.request(utf8(text), clock.monotonicMs() + 100, signal).then(fromUtf8)
  return { clock, deadlines, requests, answers, ask, log, answered, wire }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

const codeOfRejected = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => codeOf(error),
  )

describe('requests and answers', () => {
  test('answers reach their requests in whatever order they come', async () => {
    const open = new Map<string, (value: Uint8Array) => void>()
    const { ask, answered } = joined((payload) => {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>()
      open.set(fromUtf8(payload), resolve)
      return promise
    })
    const all = Promise.all(Array.from({ length: 100 }, (_, i) => ask(`q${i}`)))
    await settle()
    const order = Array.from(open.keys()).toReversed()
    for (const key of order) open.get(key)?.(utf8(key.replace('q', 'a')))
    expect(await all).toEqual(Array.from({ length: 100 }, (_, i) => `a${i}`))
    expect(answered.count).toBe(100)
  })

  test('a message of the largest size goes both ways; an answer over it is told', async () => {
    const { requests, clock } = joined((payload) =>
      payload.length === 1 ? new Uint8Array(MESSAGE_BYTES_MAX + 1) : payload,
    )
    const payload = new Uint8Array(MESSAGE_BYTES_MAX).fill(9)
    const deadline = clock.monotonicMs() + 100
    expect(equalBytes(await requests.request(payload, deadline, undefined), payload)).toBe(true)
    const over = requests.request(new Uint8Array(1), deadline, undefined)
    expect(await codeOfRejected(over)).toBe('REQUEST_TOO_LARGE')
  })

  test('what a handler throws crosses, thrown or rejected', async () => {
    const { ask } = joined((payload) => {
      if (fromUtf8(payload) === 'sync') throw baseError('CLOCK_SKEW', 'too far ahead')
      return Promise.reject(baseError('CLOCK_EXHAUSTED', 'stand still'))
    })
    const error = await ask('sync').catch((thrown: unknown) => thrown)
    expect([codeOf(error), messageOf(error)]).toEqual(['CLOCK_SKEW', 'too far ahead'])
    expect(await codeOfRejected(ask('async'))).toBe('CLOCK_EXHAUSTED')
  })

  test('a handler that returns nonsense fails its request alone', async () => {
    const { ask } = joined((payload) =>
      fromUtf8(payload) === 'bad' ? (undefined as unknown as Uint8Array) : payload,
    )
    expect(await codeOfRejected(ask('bad'))).toBe('REQUEST_FAILED')
    expect(await ask('good')).toBe('good')
  })

  test('a deadline rejects with TIMEOUT, and the late answer is ignored', async () => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    const { ask, clock, requests } = joined((payload) =>
      fromUtf8(payload) === 'slow' ? promise : payload,
    )
    const slow = codeOfRejected(ask('slow'))
    await settle()
    clock.advance(100)
    expect(await slow).toBe('TIMEOUT')
    expect(requests.inFlight).toBe(0)
    resolve(utf8('late'))
    expect(await ask('next')).toBe('next')
  })

  test('an abort rejects at once, leaves no listener, and takes back what was not sent', async () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const requests = new RequestStream({ peerId: 'p', deadlines, onAnswer: () => {} })
    const controller = new AbortController()
    const waiting = codeOfRejected(requests.request(utf8('x'), 1_000, controller.signal))
    expect(requests.queuedBytes).toBe(HEADER_BYTES + 1)
    controller.abort()
    expect(await waiting).toBe('ABORTED')
    expect([requests.queuedBytes, requests.inFlight, deadlines.size]).toEqual([0, 0, 0])
  })

  test('an answer removes the listener of its request from a shared signal', async () => {
    const { ask } = joined((payload) => payload)
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    await Promise.all(['a', 'b', 'c'].map((text) => ask(text, signal)))
    expect(listeners).toBe(0)
  })

  test('when the stream fails everything in flight fails, and later requests too', async () => {
    const { ask, requests, deadlines, log } = joined(() => new Promise(() => {}))
    const waiting = [ask('a'), ask('b')].map(codeOfRejected)
    await settle()
    requests.fail(baseError('TIMEOUT', 'gone'))
    expect(await Promise.all(waiting)).toEqual(['TIMEOUT', 'TIMEOUT'])
    expect(await codeOfRejected(ask('c'))).toBe('TIMEOUT')
    expect(deadlines.size).toBe(0)
    expect(log).toEqual(['client reset'])
  })
})

describe('limits of the serving side', () => {
  test('no more than servingMax are served at once; the rest wait unread', async () => {
    const open: (() => void)[] = []
    let most = 0
    let running = 0
    const { ask, answers, wire } = joined((payload) => {
      running++
      most = Math.max(most, running)
      const { promise, resolve } = Promise.withResolvers<Uint8Array>()
      open.push(() => {
        running--
        resolve(payload)
      })
      return promise
    }, 4)
    const texts = Array.from({ length: 40 }, (_, i) => `r${i}`)
    const all = Promise.all(texts.map((text) => ask(text)))
    await settle()
    expect([answers.serving, wire.isPaused]).toEqual([4, true])
    while (open.length > 0) {
      for (const finish of open.splice(0)) finish()
      await settle()
    }
    expect(await all).toEqual(texts)
    expect([most, wire.isPaused]).toEqual([4, false])
  })

  test('bytes being served are bounded as well', async () => {
    const { requests, answers, wire } = joined(() => new Promise(() => {}))
    const payload = new Uint8Array(1024 * 1024)
    for (let i = 0; i < 20; i++) requests.request(payload, 1_000, undefined).catch(() => {})
    await settle()
    expect(answers.serving * payload.length).toBeLessThanOrEqual(SERVING_BYTES_MAX)
    expect([answers.serving, wire.isPaused]).toEqual([8, true])
  })

  test('a peer that does not take its answers is not served on', async () => {
    let served = 0
    const answers = new AnswerStream({
      peerId: 'p',
      servingMax: 256,
      handler: () => {
        served++
        return new Uint8Array(FRAGMENT_BYTES)
      },
      onViolation: () => {},
    })
    answers.attach({ ...idle(), send: () => false })
    const request = new Uint8Array(HEADER_BYTES)
    for (let id = 1; id <= 5_000; id++) {
      writeFrame(request, 0, { kind: REQUEST, id, payload: new Uint8Array(0), hasMore: false })
      answers.onBytes(request.slice())
    }
    await settle()
    expect(served * FRAGMENT_BYTES).toBeLessThanOrEqual(SERVING_BYTES_MAX + 2 * FRAGMENT_BYTES)
  })
})

const frame = (kind: FrameKind): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES)
  writeFrame(bytes, 0, { kind, id: 1, payload: new Uint8Array(0), hasMore: false })
  return bytes
}

describe('violations', () => {
  test('an answer on a stream for requests resets it', () => {
    const { answers, log } = joined((payload) => payload)
    answers.onBytes(frame(ANSWER))
    answers.onBytes(frame(REQUEST))
    expect(log).toEqual(['violation FRAME_INVALID', 'server reset'])
  })

  test('a request on a stream for answers resets it, and fails what is in flight', async () => {
    const { ask, requests, log } = joined(() => new Promise(() => {}))
    const waiting = codeOfRejected(ask('x'))
    requests.onBytes(frame(REQUEST))
    expect(await waiting).toBe('FRAME_INVALID')
    expect(log).toEqual(['client reset'])
  })

  test('a failure that cannot be read fails what is in flight, with the verdict to ask elsewhere', async () => {
    const { ask, requests } = joined(() => new Promise(() => {}))
    const waiting = ask('x').catch((error: unknown) => error)
    const bytes = frame(FAILURE)
    requests.onBytes(bytes)
    const error = await waiting
    expect([codeOf(error), verdictOf(error)]).toEqual(['FRAME_INVALID', 'unavailable'])
  })

  test('after the end of requests, those under way are answered before the stream closes', async () => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    const { ask, answers, log } = joined(() => promise)
    const waiting = ask('x')
    await settle()
    answers.onEnd()
    expect(log).toEqual([])
    resolve(utf8('done'))
    expect(await waiting).toBe('done')
    await settle()
    expect(log).toEqual(['server closed'])
  })
})
