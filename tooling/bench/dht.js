// `pnpm bench dht`: quorum operations beside a raw libp2p stream and kad-dht's own put and get.
// Prints Markdown on stdout, progress on stderr. `ROUNDS=1 pnpm bench dht` for a quick look.
import { startCluster } from './dht/cluster.js'
import { percentile, table } from './src/index.js'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const DURATION_MS = 500
const SIZES_BYTES = [256, 16 * 1024]

const clusterOptions = {
  plain: { kind: 'kad' },
  memory: { kind: 'bzzz', durability: 'memory' },
  disk: { kind: 'bzzz', durability: 'disk' },
}

const STREAM = 'raw libp2p stream, round trip'
const networked = [
  { name: STREAM, cluster: 'plain', op: 'echo' },
  { name: 'quorum get, in memory', cluster: 'memory', op: 'get' },
  { name: 'quorum put, in memory', cluster: 'memory', op: 'put' },
  { name: 'quorum get, durable', cluster: 'disk', op: 'get' },
  { name: 'quorum put, durable', cluster: 'disk', op: 'put' },
  { name: 'kad-dht get, in memory', cluster: 'plain', op: 'kad-get' },
  { name: 'kad-dht put, in memory', cluster: 'plain', op: 'kad-put' },
]
const local = [
  { name: '`local` get', cluster: 'memory', op: 'local-get' },
  { name: '`local` get of the mock', cluster: 'memory', op: 'mock-get' },
]

const cases = SIZES_BYTES.flatMap((sizeBytes) => [
  ...networked.flatMap((row) => [1, 64].map((inflight) => ({ ...row, sizeBytes, inflight }))),
  ...local.map((row) => ({ ...row, sizeBytes, inflight: 1, batch: 256 })),
])

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const runAll = async (clusters) => {
  const results = new Map(cases.map((one) => [one, []]))
  for (let round = -1; round < ROUNDS; round++)
    for (let turn = 0; turn < cases.length; turn++) {
      const one = cases[(Math.max(round, 0) + turn) % cases.length]
      // Round -1 warms every cluster up and is thrown away.
      const durationMs = round < 0 ? DURATION_MS / 2 : DURATION_MS
      const { samplesUs, perSecond } = await clusters[one.cluster].run({ ...one, durationMs })
      const sorted = Float64Array.from(samplesUs).toSorted()
      if (round >= 0)
        results.get(one).push({
          p50: percentile(sorted, 0.5),
          p99: percentile(sorted, 0.99),
          perSecond,
        })
      console.error(
        `round ${round + 1}/${ROUNDS}: ${one.name}, ${one.sizeBytes} B × ${one.inflight}`,
      )
    }
  const figure = (one, name) => median(results.get(one).map((round) => round[name]))
  return cases.map((one) => ({
    ...one,
    p50: figure(one, 'p50'),
    p99: figure(one, 'p99'),
    perSecond: figure(one, 'perSecond'),
  }))
}

const short = (value) => Number(value.toPrecision(3))

/** One row an operation; ratios are to the raw stream and to kad-dht's same operation beside it. */
const tableOf = (results, sizeBytes, inflight) => {
  const rows = results.filter((one) => one.sizeBytes === sizeBytes && one.inflight === inflight)
  const of = (op) => rows.find((row) => row.op === op)
  const lines = rows
    .filter(({ op }) => networked.some((row) => row.op === op))
    .map((row) => {
      const rival = of(`kad-${row.op}`)
      return [
        row.name,
        short(row.p50),
        short(row.p99),
        Math.round(row.perSecond),
        short(row.p50 / of('echo').p50),
        rival === undefined ? '' : `${short(rival.p50 / row.p50)} × faster`,
        rival === undefined ? '' : `${short(row.perSecond / rival.perSecond)} × as many`,
      ]
    })
  const head = [
    'operation',
    'p50 µs',
    'p99 µs',
    'per second',
    '÷ stream p50',
    'than kad-dht (p50)',
    'as kad-dht (per s)',
  ]
  return `### ${sizeBytes} B, ${inflight} in flight\n\n${table(head, lines)}`
}

const localTable = (results) => {
  const lines = SIZES_BYTES.map((sizeBytes) => {
    const of = (op) => results.find((one) => one.op === op && one.sizeBytes === sizeBytes).p50
    return [
      `${sizeBytes} B`,
      short(of('local-get')),
      short(of('mock-get')),
      short(of('local-get') / of('mock-get')),
    ]
  })
  return `### \`local\` get, p50 of means over 256 calls\n\n${table(['value', 'libp2p µs', 'mock µs', 'ratio'], lines)}`
}

const shareOf = ({ shares }, name) => shares.find((one) => one.name === name)?.share ?? 0

const profileTable = async (clusters) => {
  const profiles = []
  for (const op of ['get', 'put'])
    for (const cluster of ['memory', 'disk']) {
      const one = { op, sizeBytes: 256, inflight: 64, durationMs: 2000, isProfiled: true }
      profiles.push({ title: `${op}, ${cluster}`, ...(await clusters[cluster].run(one)) })
    }
  const names = [
    ...new Set(profiles.flatMap(({ shares }) => shares.slice(0, 9).map(({ name }) => name))),
  ]
  const lines = names
    .toSorted((a, b) => shareOf(profiles[1], b) - shareOf(profiles[1], a))
    .map((name) => [
      name,
      ...profiles.map((profile) => `${(shareOf(profile, name) * 100).toFixed(1)} %`),
    ])
  return `### Where the caller's processor time goes (self time by package, 256 B, 64 in flight)\n\n${table(['package', ...profiles.map(({ title }) => title)], lines)}`
}

const clusters = {}
for (const [name, options] of Object.entries(clusterOptions)) {
  console.error(`starting three processes: ${name}`)
  clusters[name] = await startCluster(options)
}
for (const name of ['memory', 'disk']) await clusters[name].ready()
try {
  const results = await runAll(clusters)
  const sections = SIZES_BYTES.flatMap((size) =>
    [1, 64].map((inflight) => tableOf(results, size, inflight)),
  )
  console.log([...sections, localTable(results), await profileTable(clusters)].join('\n\n'))
} finally {
  for (const cluster of Object.values(clusters)) await cluster.stop()
}
