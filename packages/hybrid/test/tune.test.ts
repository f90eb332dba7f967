import { describe, expect, test } from '@jest/globals'
import { AdaptiveDeadline } from '../src/pure/deadline.js'
import { bytesOf, createRig } from './support.js'

describe('figures changed while a hybrid runs', () => {
  test('errors in a row: the next call counts by the new figure', async () => {
    const rig = await createRig()
    await rig.pass(2_000)
    expect(rig.dht.controls.serving).toBe('real')
    rig.dht.controls.tune?.({ errorsMax: 1 })
    rig.peers.state = 'down'
    await rig.run(() => rig.dht.put('a', bytesOf('1')))
    expect(rig.dht.controls.serving).toBe('store')
  })

  test('the cap of what waits to be sent: lowered it refuses, raised it takes', async () => {
    const rig = await createRig()
    await rig.pass(2_000)
    rig.peers.turn('down')
    const put = () => rig.run(() => rig.dht.put('a', bytesOf('1')))
    await put()
    rig.dht.controls.tune?.({ dirtyBytesMax: 1 })
    expect(rig.dht.controls.backlog().bytesMax).toBe(1)
    await expect(put()).rejects.toMatchObject({ code: 'HYBRID_BACKLOG_FULL' })
    rig.dht.controls.tune?.({ dirtyBytesMax: 1024 * 1024 })
    await expect(put()).resolves.toMatchObject({ outcome: 'acknowledged' })
  })

  test('the deadline begins anew within its new bounds, and others leave it alone', async () => {
    const rig = await createRig()
    await rig.pass(2_000)
    await rig.run(() => rig.dht.put('a', bytesOf('1')))
    await rig.pass(3_000)
    const { controls } = rig.dht
    const adapted = controls.details().deadline_ms
    controls.tune?.({ drainPerS: 7 })
    expect(controls.details().deadline_ms).toBe(adapted)
    controls.tune?.({ deadlineMinMs: 200, deadlineMaxMs: 400 })
    expect(controls.details().deadline_ms).toBe(400)
  })
})

test('new bounds of a deadline forget what was recorded within the old ones', () => {
  const deadline = new AdaptiveDeadline(20, 60)
  deadline.record(10)
  deadline.roll()
  expect(deadline.ms).toBe(20)
  deadline.setBounds(50, 500)
  expect(deadline.ms).toBe(500)
  deadline.record(100)
  deadline.roll()
  expect(deadline.ms).toBe(200)
})
