import { codeOf, type PeerState } from '@bzzz/base'
import { afterEach } from '@jest/globals'
import type { Connection } from '@libp2p/interface'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Libp2pHost } from '../src/host.js'
import type { Libp2pHostOptions } from '../src/options.js'

export const ECHO = '/test/echo/1.0.0'
export const NEVER = '/test/never/1.0.0'

/** Bound of every wait, milliseconds: far over what a busy machine needs. */
export const PATIENCE_MS = 10_000

export const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const hosts: Libp2pHost[] = []
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
})

/** A started host, stopped after the test. */
export const startHost = async (
  byte: number,
  options: Partial<Libp2pHostOptions> = {},
): Promise<Libp2pHost> => {
  const host = new Libp2pHost({ seed: seedOf(byte), ...options })
  hosts.push(host)
  await host.start()
  return host
}

export const addressOf = (host: Libp2pHost): string => {
  const address = host.addresses()[0]
  if (address === undefined) throw new Error('the host does not listen')
  return address
}

export const connectionOf = (host: Libp2pHost): Connection => {
  const [connection] = host.libp2p.getConnections()
  if (connection === undefined) throw new Error('the host has no connection')
  return connection
}

/** Two hosts; the second one echoes, and the first one is connected to it. */
export const startPair = async (
  options: Partial<Libp2pHostOptions> = {},
): Promise<readonly [Libp2pHost, Libp2pHost]> => {
  const server = await startHost(2, options)
  server.handle(ECHO, (payload) => payload)
  server.handle(NEVER, () => new Promise(() => {}))
  const client = await startHost(1, options)
  await client.dial(addressOf(server))
  return [client, server]
}

/** Waits for a condition, looking every few milliseconds. */
export const until = async (what: string, isSo: () => boolean): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const stateOf = (host: Libp2pHost, peerId: string): PeerState | undefined =>
  host.peers().find((peer) => peer.peerId === peerId)?.state

export const untilState = (host: Libp2pHost, peerId: string, state: PeerState): Promise<void> =>
  until(`${peerId} ${state}`, () => stateOf(host, peerId) === state)

export const failureCode = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => codeOf(error) ?? 'without a code',
  )

export interface RemotePeer {
  readonly peerId: string
  readonly address: string
  readonly child: ChildProcess
}

/** A host in another process, killed after the test. */
export const startProcess = async (
  seed: number,
  options: { readonly listen?: readonly string[]; readonly bootstrap?: readonly string[] } = {},
): Promise<RemotePeer> => {
  const file = fileURLToPath(new URL('peer-process.js', import.meta.url))
  const child = fork(file, [JSON.stringify({ seed, ...options })], { execArgv: [] })
  children.push(child)
  const exited = once(child, 'exit').then(() => {
    throw new Error('the peer process ended early')
  })
  exited.catch(() => {})
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [
    { readonly peerId: string; readonly addresses: readonly string[] },
  ]
  return { peerId: message.peerId, address: message.addresses[0] ?? '', child }
}

export const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
