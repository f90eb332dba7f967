// One host in a process of its own, to be killed and stopped by tests.
// Argument: JSON of { seed: number, listen?, bootstrap? }. Sends { peerId, addresses } when it is ready.
import { Libp2pHost } from '../dist/index.js'

const { seed, ...options } = JSON.parse(process.argv[2])
const host = new Libp2pHost({ seed: new Uint8Array(32).fill(seed), ...options })
host.handle('/test/echo/1.0.0', (payload) => payload)
host.handle('/test/never/1.0.0', () => new Promise(() => {}))
await host.start()
process.send({ peerId: host.peerId, addresses: host.addresses() })
process.on('disconnect', () => process.exit())
