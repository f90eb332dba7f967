// One process of a measured cluster, driven over IPC by cluster.js.
import { closedLoop } from './measure.js'
import { profiled } from './profile.js'

let node
const commands = {
  start: async (options) => {
    const { startNode } = await import(`./${options.kind}-node.js`)
    node = await startNode(options)
    return node.address
  },
  connect: ({ addresses }) => node.connect(addresses),
  ready: () => node.ready(),
  run: async (options) => {
    const operation = await node.operation(options)
    const work = () => closedLoop(operation, options)
    return options.isProfiled === true ? profiled(work) : work()
  },
  stop: () => node.stop(),
}

process.on('message', ({ id, command, options }) => {
  Promise.resolve(commands[command](options)).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, error: `${command}: ${error.stack}` }),
  )
})
process.on('disconnect', () => process.exit(0))
