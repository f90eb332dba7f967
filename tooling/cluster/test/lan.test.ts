import { expect, test } from '@jest/globals'
import { privileged } from '@bzzz-tooling/jest-preset/lane'
import { createClient } from '@bzzz/api'
import { waitFor } from '@bzzz/coordinator'
import { Cluster } from '../src/cluster.js'
import { reasonWithoutNamespaces } from '../src/privileges.js'

privileged('coordinators on a network of their own', reasonWithoutNamespaces(), () => {
  test('meet, lose one another by a cut, and meet again', async () => {
    await using cluster = await Cluster.start({ count: 3, env: { BZZZ_USE_REAL_DHT: 'true' } })
    const clients = cluster.nodes.map(({ url, token }) =>
      createClient({ baseUrl: url, token, fetch }),
    )
    const connected = async (): Promise<string> =>
      (
        await Promise.all(
          clients.map(async (client) => (await client.call('status', {})).peers.connected),
        )
      ).join(' ')
    await waitFor('all know each other', async () => (await connected()) === '2 2 2')
    await cluster.lan.isolate(3)
    await waitFor('the third is alone', async () => (await connected()) === '1 1 0')
    expect(await cluster.lan.dropped()).toBeGreaterThan(0)
    await cluster.lan.heal()
    await waitFor('all know each other again', async () => (await connected()) === '2 2 2')
  })
})
