// The far end of rpc-bench.js: echoes requests, and raw length-delimited messages on one stream.
import { Libp2pHost } from '../dist/index.js'

const host = new Libp2pHost({ seed: new Uint8Array(32).fill(2) })
host.handle('/bench/rpc/1', (payload) => payload)
await host.start()
// Whatever arrives goes back: the fastest that one libp2p stream can do.
await host.libp2p.handle('/bench/raw/1', (stream) => {
  stream.addEventListener('message', ({ data }) => {
    stream.send(data)
  })
})
process.send({ address: host.addresses()[0] })
process.on('disconnect', () => process.exit())
