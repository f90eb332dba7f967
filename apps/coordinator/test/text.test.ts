import { describe, expect, test } from '@jest/globals'
import { usesColour } from '../src/cli/io.js'
import { bytes, duration, palette, printable, printableLine, table } from '../src/cli/text.js'
import { renderOutput } from '../src/cli/render/output.js'
import { fakeIo } from './support/in-process.js'

describe('text for people', () => {
  test('durations and sizes', () => {
    expect([0, 850, 2_449, 185_000, 7_800_000, 356_400_000].map(duration)).toEqual([
      '0 ms',
      '850 ms',
      '2.4 s',
      '3 min 5 s',
      '2 h 10 min',
      '4 d 3 h',
    ])
    expect([0, 1_023, 1_536, 3 * 1024 * 1024].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '3.0 MiB',
    ])
  })

  test('columns', () => {
    expect(
      table([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d')
  })

  test('what would drive the terminal is shown instead of obeyed', () => {
    expect(printable('a\u001B[2Jb\u0007\u009B\u202E\r')).toBe(
      'a\\u001b[2Jb\\u0007\\u009b\\u202e\\u000d',
    )
    expect(printable('line\n\ttab é 漢')).toBe('line\n\ttab é 漢')
  })

  test('cells neither drive the terminal nor forge lines', () => {
    expect(table([['a\u001B[2J\nb\tc', 'd']])).toBe('a\\u001b[2J\\u000ab\\u0009c  d')
    expect(printableLine('a\nwritten b')).toBe('a\\u000awritten b')
  })

  test('nothing that a server answers reaches the terminal as it is', () => {
    const evil = 'x\u001B]0;owned\u0007\nready'
    const version = { wallMs: 1, counter: 0, writer: evil }
    const receipt = {
      key: evil,
      version,
      opId: 'o',
      outcome: 'acknowledged',
      level: 'quorum',
      heldBy: [],
      replicas: 1,
      durability: 'disk',
    } as const
    const health = {
      component: evil,
      backend: 'mock',
      status: 'failed',
      last_check: evil,
      error_count: 0,
      latency_ms: 0,
    } as const
    const status = {
      peerId: evil,
      version: evil,
      backend: 'mock',
      ready: false,
      reason: evil,
      startedAt: evil,
      uptimeMs: 0,
      dataDirectory: evil,
      httpAddress: evil,
      multiaddrs: [evil],
      durability: 'disk',
      records: 0,
      peers: { connected: 0, suspect: 0, disconnected: 0 },
      health: [health],
      bootstrap: [{ node: evil, state: 'failed', error: evil }],
      notices: [evil],
    } as const
    const io = fakeIo()
    renderOutput('put', receipt, io)
    renderOutput('delete', receipt, io)
    renderOutput(
      'identity',
      { peerId: evil, multiaddrs: [evil], version: evil, contract: evil },
      io,
    )
    renderOutput(
      'peers',
      { peerId: evil, peers: [{ peerId: evil, state: 'connected', addresses: [evil] }] },
      io,
    )
    renderOutput('status', status, io)
    expect(io.text.out).toContain('owned')
    expect(io.text.out).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(io.text.out).not.toMatch(/^ready/m)
  })

  test.each([
    [{ isTerminal: true, env: {} }, true],
    [{ isTerminal: false, env: {} }, false],
    [{ isTerminal: true, env: { NO_COLOR: '1' } }, false],
    [{ isTerminal: true, env: { NO_COLOR: '' } }, true],
    [{ isTerminal: true, env: { TERM: 'dumb' } }, false],
  ])('colour %j: %p', (io, isOn) => {
    expect(usesColour(io)).toBe(isOn)
    expect(palette(io).good('x')).toBe(isOn ? '\u001B[32mx\u001B[39m' : 'x')
  })
})
