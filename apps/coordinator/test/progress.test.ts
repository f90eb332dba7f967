import { describe, expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { Progress } from '../src/cli/progress.js'

const createProgress = (isErrTerminal: boolean) => {
  const clock = new ManualClock()
  const parts: string[] = []
  const progress = new Progress({ isErrTerminal, err: (text) => parts.push(text) }, clock)
  return { clock, parts, progress }
}

describe('progress', () => {
  test('redraws one line on a terminal, not more often than is readable, and wipes it', () => {
    const { clock, parts, progress } = createProgress(true)
    progress.show('1 file')
    clock.advance(100)
    progress.show('20 files')
    progress.show('21 files')
    clock.advance(100)
    progress.show('22')
    progress.done()
    progress.done()
    expect(parts).toEqual(['\r20 files', '\r22      ', '\r  \r'])
  })

  test('is a line now and then in a log', () => {
    const { clock, parts, progress } = createProgress(false)
    for (let second = 0; second < 11; second++) {
      clock.advance(1_000)
      progress.show(`${second} files`)
    }
    progress.done()
    expect(parts).toEqual(['4 files\n', '9 files\n'])
  })
})
