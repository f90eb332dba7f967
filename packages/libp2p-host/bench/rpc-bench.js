// Round trips between two processes: our requests against a raw, long-lived libp2p stream that echoes.
// Rounds alternate between the two, so that a busy machine slows both. Usage: node bench/rpc-bench.js [bytes]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Libp2pHost } from '../dist/index.js'

const BYTES = Number(process.argv[2] ?? 256)
const ROUNDS = 7
const ROUND_MS = 700

const child = fork(fileURLToPath(new URL('server.js', import.meta.url)))
const [{ address }] = await once(child, 'message')
const host = new Libp2pHost({ seed: new Uint8Array(32).fill(1) })
await host.start()
const peerId = await host.dial(address)
const payload = new Uint8Array(BYTES).fill(7)

const viaRequests = () => host.request(peerId, '/bench/rpc/1', payload, { deadlineMs: 5_000 })

const [connection] = host.libp2p.getConnections()
const stream = await connection.newStream('/bench/raw/1')
const waiting = []
let received = 0
// Echoes come back in order: every BYTES bytes answer the oldest.
stream.addEventListener('message', ({ data }) => {
  received += data.byteLength
  while (received >= BYTES) {
    received -= BYTES
    waiting.shift()()
  }
})
const viaStream = () =>
  new Promise((resolve) => {
    waiting.push(resolve)
    stream.send(payload)
  })

/** Closed loops for a while: operations per second, and the sorted latencies in microseconds. */
const run = async (operation, inFlight) => {
  const latencies = []
  const until = performance.now() + ROUND_MS
  const loop = async () => {
    while (performance.now() < until) {
      const start = performance.now()
      await operation()
      latencies.push((performance.now() - start) * 1_000)
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: inFlight }, loop))
  const seconds = (performance.now() - start) / 1_000
  latencies.sort((a, b) => a - b)
  return {
    perSecond: latencies.length / seconds,
    p50: at(latencies, 0.5),
    p99: at(latencies, 0.99),
  }
}

const at = (sorted, share) => sorted[Math.floor(sorted.length * share)] ?? 0
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const kinds = { requests: viaRequests, 'raw stream': viaStream }
for (const inFlight of [1, 64]) {
  const results = { requests: [], 'raw stream': [] }
  for (const operation of Object.values(kinds)) await run(operation, inFlight)
  for (let round = 0; round < ROUNDS; round++) {
    const order = Object.keys(kinds)
    if (round % 2 === 1) order.reverse()
    for (const kind of order) results[kind].push(await run(kinds[kind], inFlight))
  }
  const of = (kind, field) => median(results[kind].map((result) => result[field]))
  for (const kind of Object.keys(kinds))
    console.log(
      `${BYTES} B, ${inFlight} in flight, ${kind}: ${Math.round(of(kind, 'perSecond'))}/s, ` +
        `p50 ${of(kind, 'p50').toFixed(0)} µs, p99 ${of(kind, 'p99').toFixed(0)} µs`,
    )
  const latency = of('requests', 'p50') / of('raw stream', 'p50')
  const throughput = of('requests', 'perSecond') / of('raw stream', 'perSecond')
  console.log(
    `  requests / raw: ${latency.toFixed(2)} × latency, ${throughput.toFixed(2)} × throughput`,
  )
}
await host.stop()
child.disconnect()
