import { compareVersions, type StampedRecord } from '@bzzz/base'
import { expect, test } from '@jest/globals'
import { withLab } from '../lab.js'
import { bytesOf } from '../support.js'

test('a write that its caller may try again is sent only once it is remembered', () =>
  withLab({}, async (lab) => {
    const node = lab.node(0)
    // From here on stamps are covered by what is persisted, and others are sent at once.
    await node.dht.put('k', bytesOf('first'), { level: 'all' })
    const early: string[] = []
    node.tap.before = ({ op, args }) => {
      const { key, version, opId } = args[0] as StampedRecord
      const here = op === 'apply' ? node.store.head(key) : undefined
      if (op === 'apply' && (here === undefined || compareVersions(here.version, version) < 0))
        early.push(opId)
    }
    for (const level of [undefined, 'local', 'quorum', 'all'] as const)
      await node.dht.put('k', bytesOf('v'), { opId: `once ${level ?? ''}`, level })
    expect(early).toEqual([])
    const { opId } = await node.dht.put('k', bytesOf('v'))
    expect(early).toEqual([opId])
  }))
