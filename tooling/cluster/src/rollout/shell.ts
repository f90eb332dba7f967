import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { ClusterNode } from '../cluster-node.js'

/** Longest time of one block, milliseconds. */
const BLOCK_MS = 240_000

const bzzzBin = (): string => {
  const manifest = createRequire(import.meta.url).resolve('@bzzz/coordinator/package.json')
  return join(dirname(manifest), 'bin/bzzz.js')
}

/** Asks the supervisor, which is this test, for what `systemctl restart bzzz` does on a machine with systemd. */
const SYSTEMCTL = `#!${process.execPath}
const [verb, unit] = process.argv.slice(2)
if (verb !== 'restart' || unit !== 'bzzz') throw new Error('only "restart bzzz" is known here')
fetch(process.env.SUPERVISOR, { method: 'POST' }).then(async (answer) => {
  if (!answer.ok) throw new Error(await answer.text())
})
`

const variablesIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

/** The shell of an operator on the machines of some nodes: in the directory of the configuration of each. */
export class OperatorShell implements AsyncDisposable {
  readonly #directory: string
  readonly #nodes: readonly ClusterNode[]
  readonly #server: Server

  private constructor(directory: string, nodes: readonly ClusterNode[]) {
    this.#directory = directory
    this.#nodes = nodes
    this.#server = createServer((incoming, outgoing) => {
      const node = nodes.find(({ index }) => incoming.url === `/${index}`)
      const restarted = node === undefined ? Promise.reject(new Error('no node')) : restart(node)
      restarted.then(
        () => outgoing.end(),
        (error: unknown) => outgoing.writeHead(500).end(String(error)),
      )
    })
  }

  /** @param directory for its commands */
  static async open(directory: string, nodes: readonly ClusterNode[]): Promise<OperatorShell> {
    const shell = new OperatorShell(directory, nodes)
    await mkdir(directory, { recursive: true })
    const bzzz = `#!/bin/sh\nexec "${process.execPath}" "${bzzzBin()}" "$@"\n`
    for (const [name, text] of [
      ['bzzz', bzzz],
      ['systemctl', SYSTEMCTL],
    ] as const) {
      await writeFile(join(directory, name), text)
      await chmod(join(directory, name), 0o755)
    }
    await new Promise<void>((resolve) => {
      shell.#server.listen(0, '127.0.0.1', resolve)
    })
    return shell
  }

  /** Runs the lines of a block on the machine of a node; rejects with their output when one fails. */
  run(index: number, text: string): Promise<string> {
    const node = this.#nodes.find((each) => each.index === index)
    const { port } = this.#server.address() as AddressInfo
    return new Promise((resolve, reject) => {
      execFile(
        'sh',
        ['-euc', text],
        {
          cwd: node?.directory,
          timeout: BLOCK_MS,
          env: {
            PATH: `${this.#directory}:${process.env.PATH}`,
            BZZZ_DATA_DIRECTORY: node?.dataDirectory,
            SUPERVISOR: `http://127.0.0.1:${port}/${index}`,
          },
        },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`node ${index}:\n${text}\n${stdout}${stderr}${error.message}`))
        },
      )
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Stops the node in good order and starts it with the variables in its `rollout.env`. */
const restart = async (node: ClusterNode): Promise<void> => {
  const variables = variablesIn(await readFile(join(node.directory, 'rollout.env'), 'utf8'))
  await node.stop()
  await node.start(variables)
  if (variables['BZZZ_FALLBACK_ON_ERROR'] === 'false') node.withoutFallback()
}
