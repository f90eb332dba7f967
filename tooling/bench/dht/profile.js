import { Session } from 'node:inspector/promises'

/** The package that a script belongs to: `@bzzz/store`, `@libp2p/tls`, `node:crypto`, or what V8 calls it. */
export const packageOf = (url, functionName) => {
  if (url === '') return functionName
  if (url.startsWith('node:')) return 'node core'
  const installed = [...url.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1]
  if (installed !== undefined && installed !== '.pnpm') return installed
  return /packages\/([^/]+)\//.exec(url)?.[1]?.replace(/^/, '@bzzz/') ?? 'the benchmark'
}

/** Share of self time by package, largest first, the idle time left out. */
export const sharesOf = ({ nodes, samples, timeDeltas }) => {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const totals = new Map()
  let busyUs = 0
  for (const [i, id] of samples.entries()) {
    const { url, functionName } = byId.get(id).callFrame
    if (functionName === '(idle)') continue
    const name = packageOf(url, functionName)
    totals.set(name, (totals.get(name) ?? 0) + timeDeltas[i])
    busyUs += timeDeltas[i]
  }
  return [...totals]
    .map(([name, us]) => ({ name, share: us / busyUs }))
    .toSorted((a, b) => b.share - a.share)
}

/** Runs the work under the CPU profiler of this process. */
export const profiled = async (work) => {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  const result = await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return { ...result, shares: sharesOf(profile) }
}
