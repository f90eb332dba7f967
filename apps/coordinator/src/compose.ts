import { dhtPort } from '@bzzz/dht-core'
import { MockDHT } from '@bzzz/dht-mock'
import { defineHybrid } from '@bzzz/hybrid'
import type { Backend } from './backend.js'
import { createStore } from './compose/create-store.js'
import type { BackendConfig, ComposeMeans } from './compose/means.js'
import { RealNodes } from './compose/real-nodes.js'
import { tuningOf } from './compose/tuning.js'
import { completenessIn } from './data/completeness-file.js'
import { readPskFile } from './data/psk-file.js'
import { FaultStand } from './operate/drill-stand.js'

/** The DHT of a coordinator: replicated over libp2p, and over this machine's store while that is away. */
export const HybridDHT = defineHybrid(dhtPort, ['peerId'])

/** The one place that names backends: makes the parts of a node, without starting them. */
export const compose = async (config: BackendConfig, means: ComposeMeans): Promise<Backend> => {
  const { directory, identity, clock, random, log } = means
  const { libp2pPskFile } = config
  const psk = libp2pPskFile === undefined ? undefined : await readPskFile(libp2pPskFile)
  const store = createStore(config, means)
  const nodes = new RealNodes({ config, means, store, psk })
  const drills = new FaultStand({ port: dhtPort, clock, random })
  const dht = new HybridDHT({
    component: 'dht',
    mock: new MockDHT({ store, clock, random }),
    real: () => drills.over(nodes.make()),
    store,
    setting: means.dhtSetting,
    completeness: completenessIn(directory.completenessFile),
    tuning: tuningOf(config),
    clock,
    random,
    onListenerError: (error) => {
      log.error('a listener of the DHT failed', { error })
    },
  })
  return {
    peerId: identity.peerId,
    store,
    dht,
    components: [{ name: 'dht', controls: dht.controls, drills }],
    parts: [store, dht],
    isLinked: () => nodes.isRunning,
    peers: () => nodes.peers(),
    onPeerChange: (listener) => nodes.onPeerChange(listener),
    addresses: () => nodes.addresses(),
    bootstrap: () => nodes.bootstrap(),
  }
}
