// `pnpm bench hybrid`: what the hybrid adds to a read and to a durable write, how fast it falls back, and
// how fast it brings its peers up to date. Prints Markdown on stdout, progress on stderr.
// `ROUNDS=1 pnpm bench hybrid` for a quick look.
import { measureDrain, RECORDS } from './hybrid/drain.js'
import { measureFallback } from './hybrid/fallback.js'
import { measureReads } from './hybrid/reads.js'
import { temporaryFolder } from './hybrid/rig.js'
import { measureWrites } from './hybrid/writes.js'
import { summarize, table } from './src/index.js'

const ROUNDS = Number(process.env.ROUNDS ?? 15)

const progress = (message) => console.error(message)
const short = (value) => Number(value.toPrecision(3))
const median = (samples) => summarize(samples).p50

const readsTable = (rows) => {
  const base = median(rows[0].samplesUs)
  const lines = rows.map(({ name, samplesUs }) => {
    const { p50, p99 } = summarize(samplesUs)
    return [name, short(p50), short(p99), short(p50 / base), short(p50 - base)]
  })
  return table(['read of 256 B, in memory', 'p50 µs', 'p99 µs', '× direct', 'added µs'], lines)
}

const writesTable = (rows) => {
  const base = median(rows[0].samplesUs)
  const lines = rows.map(({ name, inFlight, samplesUs, perWriteUs }) => {
    const { p50, p99 } = summarize(samplesUs)
    return [
      name,
      inFlight,
      short(p50),
      short(p99),
      short(median(perWriteUs)),
      inFlight === 1 ? `${short(p50 / base)} ×` : '',
    ]
  })
  const head = ['durable write of 256 B', 'in flight', 'p50 µs', 'p99 µs', 'µs per write']
  return table([...head, 'than write + fdatasync (p50)'], lines)
}

const fallbackTable = (rounds) => {
  const line = (name, field) => {
    const { count, p50, p99, max } = summarize(rounds.flatMap((round) => round[field]))
    return [name, count, short(p50), short(p99), short(max)]
  }
  const detection = summarize(rounds.map(({ detectionMs }) => detectionMs))
  const rows = [
    line('while real answers', 'healthyMs'),
    line('from the freeze until the breaker opens', 'frozenMs'),
    line('once it is open', 'openMs'),
    line('… of these the reads', 'openReadsMs'),
  ]
  const head = ['calls of 64 callers', 'calls', 'p50 ms', 'p99 ms', 'longest ms']
  return `${table(head, rows)}\n\nThe breaker opened ${short(detection.p50)} ms after the freeze (longest ${short(detection.max)} ms, ${rounds.length} times).`
}

const drainTable = (rounds) => {
  const lines = Object.keys(rounds[0]).map((name) => {
    const s = median(rounds.map((round) => round[name]))
    return [name, short(s), Math.round(RECORDS / s)]
  })
  return table([`${RECORDS} dirty records`, 'seconds', 'records per second'], lines)
}

const folder = await temporaryFolder()
try {
  const groups = await measureReads({ rounds: ROUNDS, durationMs: 150, progress })
  progress('writes')
  const writes = await measureWrites(folder.path, {
    rounds: 2 * ROUNDS,
    sequential: 30,
    concurrent: 640,
  })
  const repeats = Math.max(1, Math.round(ROUNDS / 5))
  const fallbacks = []
  const drains = []
  for (let round = 0; round < repeats; round++) {
    progress(`fallback and way back: ${round + 1}/${repeats}`)
    fallbacks.push(await measureFallback())
    drains.push(await measureDrain(folder.path, round))
  }
  const sections = [
    `### A healthy read\n\n${groups.map(readsTable).join('\n\n')}`,
    `### A durable write\n\n${writesTable(writes)}`,
    `### Real freezes under load\n\n${fallbackTable(fallbacks)}`,
    `### The way back\n\n${drainTable(drains)}`,
  ]
  console.log(sections.join('\n\n'))
} finally {
  await folder.remove()
}
