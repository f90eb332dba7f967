import { afterAll, expect, test } from '@jest/globals'
import { OpenFeature } from '@openfeature/server-sdk'
import { followFlags } from '../../src/flags/flag-follower.js'
import { FlagSources } from '../../src/flags/flag-sources.js'
import { HybridFlagProvider } from '../../src/flags/hybrid-flag-provider.js'
import { createRig } from '../support.js'

afterAll(() => OpenFeature.close())

test('a hybrid follows its flags: configuration, an override, and its end', async () => {
  const preset = { mode: 'mock', percent: 100 } as const
  const rig = await createRig(preset)
  const { dht, world } = rig
  const { controls } = dht
  const sources = new FlagSources({ components: { dht: preset }, clock: world.clock })
  await OpenFeature.setProviderAndWait('hybrid', new HybridFlagProvider(sources))
  const client = OpenFeature.getClient('hybrid')
  const follower = followFlags(client, controls, 'dht', { clock: world.clock })
  await rig.run(() => follower.start())

  const entered: string[] = []
  const untilEntered = (count: number): Promise<void> =>
    rig.run(
      () =>
        new Promise((resolve) => {
          const unsubscribe = controls.on('switched', () => {
            if (entered.length < count) return
            unsubscribe()
            resolve()
          })
        }),
    )
  controls.on('switched', (event) => {
    if (event.kind === 'mode-changed') entered.push(`${event.to.mode} ${event.to.percent}`)
  })

  const first = untilEntered(1)
  sources.configure('dht', { yaml: { mode: 'hybrid', percent: 10 } })
  await first
  const overridden = untilEntered(2)
  const untilMs = world.clock.nowMs() + 600_000
  sources.override('dht', { percent: 50, untilMs, actor: 'ann' })
  await overridden
  await untilEntered(3)
  expect(entered).toEqual(['hybrid 10', 'hybrid 50', 'hybrid 10'])
  expect(world.clock.nowMs()).toBeGreaterThanOrEqual(untilMs)
  expect(controls.setting).toEqual({ mode: 'hybrid', percent: 10 })
  await rig.run(async () => {
    await follower.stop()
    sources.close()
    await dht.stop()
  })
})
