import { expect, test } from '@jest/globals'
import { startRollout, type RolloutEffect } from '../src/index.js'
import { withLab, type Lab } from './lab.js'
import { bytesOf } from './support.js'

const policy = {
  steps: [10, 50, 100],
  holdMs: 1_000,
  callsMin: 20,
  p95SlackMs: 6,
}

/** Reads of fifty keys until they are told to end. */
const traffic = async (lab: Lab, end: { isOver: boolean }): Promise<void> => {
  const { dht } = lab.node(0)
  const reads: Promise<unknown>[] = []
  for (let i = 0; !end.isOver; i++) {
    reads.push(dht.get(`k${i % 50}`))
    await lab.pass(2)
  }
  await Promise.all(reads)
}

test.each(['sound', 'slow'] as const)('a rollout over a network whose peers are %s', (peers) =>
  withLab({ setting: { mode: 'hybrid', percent: 0 } }, async (lab) => {
    const node = lab.node(0)
    await lab.serving(0)
    for (let i = 0; i < 50; i++) await node.dht.put(`k${i}`, bytesOf('v'))
    const end = { isOver: false }
    const reading = traffic(lab, end)
    const options = { policy, sampleEveryMs: 200, clock: lab.world.clock }
    const rollout = await startRollout(node.controls, options)
    const moved: RolloutEffect[] = []
    rollout.on('moved', (effect) => {
      moved.push(effect)
      if (peers === 'slow' && effect.kind === 'set-percent' && effect.percent === 50)
        node.tap.before = ({ op }) => (op === 'get' ? lab.pass(15) : undefined)
      else node.tap.before = () => {}
    })
    await lab.until(() => rollout.state.phase !== 'running', 'the end of the rollout', 60_000)
    end.isOver = true
    await reading
    const last = moved.at(-1)
    const expected =
      peers === 'sound'
        ? ['completed', 100, /held 100 %/u]
        : ['halted', 10, /3 regressions.*p95 is 1[5-9]\.\d ms/u]
    expect([last?.kind, node.controls.setting.percent]).toEqual(expected.slice(0, 2))
    expect(last?.reason).toMatch(expected[2] as RegExp)
    expect(node.controls.metrics().fallback_events).toBe(0)
  }),
)
