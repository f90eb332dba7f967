import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('node.js', import.meta.url))

const spawnNode = (execArgv) => {
  const child = fork(script, { execArgv })
  const waiting = new Map()
  let nextId = 0
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a node exited with ${code}`))
  })
  return {
    call: (command, options) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, { resolve, reject })
        child.send({ id, command, options })
      }),
    end: () => child.disconnect(),
  }
}

/** Three processes of one kind, fully meshed; the first one is the caller that is measured. */
export const startCluster = async (options, { size = 3, execArgv = [] } = {}) => {
  const nodes = Array.from({ length: size }, (_, i) => spawnNode(i === 0 ? execArgv : []))
  const addresses = []
  for (const node of nodes) addresses.push(await node.call('start', options))
  for (const [i, node] of nodes.entries())
    await node.call('connect', { addresses: addresses.filter((_, j) => j !== i) })
  return {
    run: (measured) => nodes[0].call('run', measured),
    ready: async () => {
      const untilMs = performance.now() + 30_000
      while (!(await nodes[0].call('ready')))
        if (performance.now() > untilMs) throw new Error('the mesh was not ready within 30 s')
    },
    stop: async () => {
      for (const node of nodes) {
        await node.call('stop')
        node.end()
      }
    },
  }
}
