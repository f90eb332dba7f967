import { describe, expect, test } from '@jest/globals'
import { silentLogger, type LogLevel } from '../src/index.js'
import { createLogger, type CreateLoggerOptions } from '../src/node/index.js'
import { thrownCode } from './support.js'

const make = (options: Partial<CreateLoggerOptions> = {}) => {
  const lines: string[] = []
  const destination = { write: (line: string): void => void lines.push(line) }
  const logger = createLogger({ destination, ...options })
  const read = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { logger, lines, read }
}

describe('the logger', () => {
  test('writes one JSON line for each call', () => {
    const { logger, lines, read } = make()
    logger.info('put', { key: '/a', tries: 2 })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    expect(read()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        key: '/a',
        tries: 2,
        message: 'put',
      },
    ])
  })

  test('writes the level set and those above', () => {
    const { logger, read } = make({ level: 'warn' })
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level](level)
    expect(read().map(({ level }) => level)).toEqual(['warn', 'error'])
    expect([logger.isEnabled('info'), logger.isEnabled('warn')]).toEqual([false, true])
    const silent = make({ level: 'silent' })
    silent.logger.error('x')
    expect(silent.lines).toEqual([])
  })

  test('redacts fields, those of children included', () => {
    const { logger, lines } = make({ redact: ['pin'] })
    logger.info('a', { token: 'hush', deep: { seed: 'hush', pin: 'hush' } })
    const child = logger.child({ authorization: 'hush', peer: 'p' })
    child.info('b', { cause: { psk: 'hush' }, bytes: Buffer.from('hush') })
    child
      .child({ password: 'hush' })
      .warn('c', { err: Object.assign(new Error('e'), { psk: 'hush' }) })
    expect(lines).toHaveLength(3)
    expect(lines.join('')).not.toContain('hush')
    expect(lines.join('')).not.toContain(Buffer.from('hush').toString('base64'))
    expect(lines[2]).toContain('"peer":"p"')
    expect(lines[2]).toContain('"message":"e"')
  })

  test('hostile text forges no line and sends nothing to the terminal', () => {
    const { logger, lines, read } = make()
    const hostile = 'a\n{"level":"error"}\r\u001b[2J\u009b31m\u2028%s%o%j'
    logger.info(hostile, { [hostile]: hostile })
    expect(lines).toHaveLength(1)
    // eslint-disable-next-line no-control-regex -- controls are what it is about
    expect((lines[0] ?? '').slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/)
    expect(read()[0]).toMatchObject({ level: 'info' })
  })

  test('a percent sign is no format', () => {
    const { logger, read } = make()
    logger.info('100%s %d %j', { a: 1 })
    expect(read()[0]).toMatchObject({ message: '100%s %d %j', a: 1 })
  })

  test('fields cannot pass for the message or for the level', () => {
    const { logger, lines, read } = make()
    logger.info('real', { level: 'error', message: 'forged', time: 'never' })
    expect(read()[0]).toMatchObject({ level: 'info', message: 'real', level_: 'error' })
    expect(lines[0]?.match(/"(?:level|time|message)":/g)).toHaveLength(3)
    logger.child({ level: 'error' }).info('real')
    expect(read()[1]).toMatchObject({ level: 'info', level_: 'error' })
  })

  test('a destination that throws stops nobody', () => {
    const destination = {
      write: (): void => {
        throw new Error('disk full')
      },
    }
    const { logger } = make({ destination })
    expect(() => logger.error('x')).not.toThrow()
  })

  test('an unknown level is refused', () => {
    expect(thrownCode(() => make({ level: 'loud' as LogLevel }))).toBe('LOG_LEVEL_INVALID')
  })
})

test('the silent logger writes nothing and breeds only its like', () => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
    expect(silentLogger[level]('x', { a: 1 })).toBeUndefined()
    expect(silentLogger.isEnabled(level)).toBe(false)
  }
  expect(silentLogger.child({ a: 1 })).toBe(silentLogger)
})
