import { systemClock } from '@bzzz/base'
import { Libp2pDHT } from '@bzzz/dht-libp2p'
import { Libp2pHost } from '@bzzz/libp2p-host'
import { MemoryStore } from '@bzzz/store'

const host = new Libp2pHost({ seed: crypto.getRandomValues(new Uint8Array(32)) })
await host.start()
const store = new MemoryStore({ writer: host.peerId, clock: systemClock })
await store.start()
const dht = new Libp2pDHT({ transport: host, store, signer: host.signer })
await dht.start()
const receipt = await dht.put('greeting', new TextEncoder().encode('hello'))
console.log(receipt.outcome, new TextDecoder().decode((await dht.get('greeting'))?.value))
await dht.stop()
await host.stop()
await store.stop()
