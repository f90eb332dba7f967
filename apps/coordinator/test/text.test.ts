import { describe, expect, test } from '@jest/globals'
import { usesColour } from '../src/cli/io.js'
import { bytes, duration, palette, printable, table } from '../src/cli/text.js'

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
