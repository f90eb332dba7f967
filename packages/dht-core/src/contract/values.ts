import { ok, rejects, same, sameBytes } from '@bzzz/base/check'
import type { WriteOptions } from '../dht.js'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.js'
import { AT_QUORUM, bytesOf, nodeOf, type Suite } from './suite.js'

const FAIRLY_LARGE = Uint8Array.from({ length: VALUE_BYTES_MAX }, (_, i) => i % 251)

const badKeys: readonly (readonly [what: string, key: string])[] = [
  ['an empty key', ''],
  ['a key one byte over the limit', 'k'.repeat(KEY_BYTES_MAX + 1)],
  ['a key over the limit in UTF-8 only', 'é'.repeat(KEY_BYTES_MAX / 2) + 'k'],
  ['half of a surrogate pair', 'a\uD800b'],
  ['a key that is no text', 7 as unknown as string],
]

const limits = ({ api, network, key }: Suite): void => {
  api.it('keys up to the limit work, one byte over is refused by every method', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const prefix = key('limit')
    const longest = prefix + 'é'.repeat((KEY_BYTES_MAX - prefix.length) >> 1)
    await node.put(longest, bytesOf('fits'), AT_QUORUM)
    sameBytes(
      (await nodeOf(net, 1).get(longest, AT_QUORUM))?.value,
      bytesOf('fits'),
      'the longest key',
    )
    for (const [what, bad] of badKeys) {
      await rejects(() => node.put(bad, bytesOf('x')), 'DHT_KEY_INVALID', `put of ${what}`)
      await rejects(() => node.get(bad), 'DHT_KEY_INVALID', `get of ${what}`)
      await rejects(() => node.get(bad, { level: 'local' }), 'DHT_KEY_INVALID', `get of ${what}`)
      await rejects(() => node.delete(bad), 'DHT_KEY_INVALID', `delete of ${what}`)
      await rejects(() => node.closestPeers(bad), 'DHT_KEY_INVALID', `closestPeers of ${what}`)
    }
  })

  api.it('values up to the limit work, one byte over is refused and leaves nothing', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const name = key('value-limit')
    await node.put(name, FAIRLY_LARGE, { ...AT_QUORUM, timeoutMs: 20_000 })
    const found = await nodeOf(net, 1).get(name, { ...AT_QUORUM, timeoutMs: 20_000 })
    sameBytes(found?.value, FAIRLY_LARGE, 'a value of 1 MiB')
    const over = new Uint8Array(VALUE_BYTES_MAX + 1)
    await rejects(() => node.put(name, over), 'DHT_VALUE_TOO_LARGE', 'one byte over')
    same(
      (await node.get(name, { ...AT_QUORUM, timeoutMs: 20_000 }))?.value.length,
      VALUE_BYTES_MAX,
      'kept value',
    )
    const textual = 'text' as unknown as Uint8Array
    await rejects(() => node.put(name, textual), 'INVALID_ARGUMENT', 'a value that is no bytes')
  })

  api.it('an empty value is a value', async () => {
    const net = await network()
    const name = key('empty')
    await nodeOf(net, 0).put(name, new Uint8Array(0), AT_QUORUM)
    for (const node of net.nodes) {
      const found = await node.get(name, AT_QUORUM)
      ok(found !== undefined, 'an empty value must not read as absent')
      same(found.value.length, 0, 'length')
    }
  })
}

const names = ({ api, network, key }: Suite): void => {
  api.it('keys that are prefixes of each other, or alike, are different keys', async () => {
    const net = await network()
    const base = key('alike')
    const alike = ['', '/', '/a', '/a/', '/a/b', '/A', ' ', '\0', '/é', '/e\u0301', '.', '%2F']
    for (const tail of alike)
      await nodeOf(net, 0).put(base + tail, bytesOf(`at ${tail}`), AT_QUORUM)
    for (const tail of alike)
      sameBytes(
        (await nodeOf(net, 1).get(base + tail, AT_QUORUM))?.value,
        bytesOf(`at ${tail}`),
        `at ${tail}`,
      )
    await nodeOf(net, 0).delete(`${base}/a`, AT_QUORUM)
    sameBytes(
      (await nodeOf(net, 1).get(`${base}/a/b`, AT_QUORUM))?.value,
      bytesOf('at /a/b'),
      'below a deleted key',
    )
  })

  api.it('names that objects have by themselves are ordinary keys', async () => {
    const net = await network()
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then']) {
      same(await nodeOf(net, 0).get(name, AT_QUORUM), undefined, `${name} before it was written`)
      await nodeOf(net, 0).put(name, bytesOf(name), AT_QUORUM)
      sameBytes((await nodeOf(net, 1).get(name, AT_QUORUM))?.value, bytesOf(name), name)
      await nodeOf(net, 0).delete(name, AT_QUORUM)
    }
  })
}

const ownership = ({ api, network, key }: Suite): void => {
  api.it('a value changed by its caller after the call is stored as it was', async () => {
    const net = await network()
    const node = nodeOf(net, 0)
    const ways: readonly WriteOptions[] = [
      { level: 'local' },
      { level: 'quorum' },
      { level: 'quorum', expectedVersion: null },
    ]
    for (const options of ways) {
      const name = key('changed')
      const value = bytesOf('as it was')
      const writing = node.put(name, value, options)
      value.fill(0)
      await writing
      value.fill(1)
      await net.settle()
      for (const reader of net.nodes)
        sameBytes((await reader.get(name, AT_QUORUM))?.value, bytesOf('as it was'), 'value')
    }
  })

  api.it('a value that is a view into a larger buffer is stored alone', async () => {
    const net = await network()
    const name = key('view')
    const buffer = bytesOf('before|value|after')
    await nodeOf(net, 0).put(name, buffer.subarray(7, 12), AT_QUORUM)
    sameBytes((await nodeOf(net, 1).get(name, AT_QUORUM))?.value, bytesOf('value'), 'value')
  })
}

/** What may be stored under which keys. */
export const valueTests = (suite: Suite): void => {
  limits(suite)
  names(suite)
  ownership(suite)
}
