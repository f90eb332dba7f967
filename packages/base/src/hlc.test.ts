import { expect, test } from '@jest/globals'
import { compareHlc, HybridClock } from './hlc.js'
import { ManualClock } from './manual-clock.js'

test('stamps rise although the wall clock falls', () => {
  const clock = new ManualClock()
  const hlc = new HybridClock({ clock })
  const first = hlc.tick()
  clock.jumpWall(-86_400_000)
  expect(compareHlc(hlc.tick(), first)).toBeGreaterThan(0)
})
