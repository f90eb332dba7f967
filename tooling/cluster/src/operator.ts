import { createClient, type Client, type InputOf, type OutputOf } from '@bzzz/api'
import { waitFor } from '@bzzz/coordinator'
import type { ClusterNode } from './cluster-node.js'

export type ModeRow = OutputOf<'mode'>['components'][number]
export type ModeChange = Omit<InputOf<'mode.set'>, 'component'>

const COMPONENT = 'dht'

/** What an operator does at one node, through its HTTP interface. */
export class Operator {
  readonly #node: ClusterNode
  #client: { readonly token: string; readonly client: Client } | undefined

  constructor(node: ClusterNode) {
    this.#node = node
  }

  get client(): Client {
    const { url, token } = this.#node
    if (this.#client?.token !== token)
      this.#client = { token, client: createClient({ baseUrl: url, token, fetch }) }
    return this.#client.client
  }

  async row(): Promise<ModeRow> {
    const { components } = await this.client.call('mode', {})
    const row = components.find(({ component }) => component === COMPONENT)
    if (row === undefined) throw new Error(`node ${this.#node.index} has no component ${COMPONENT}`)
    return row
  }

  async setMode(change: ModeChange): Promise<void> {
    await this.client.call('mode.set', { component: COMPONENT, ...change })
  }

  /** Takes back every override: the configuration holds again. */
  async clearMode(): Promise<void> {
    await this.client.call('mode.clear', { component: COMPONENT })
  }

  async connectedPeers(): Promise<number> {
    return (await this.client.call('status', {})).peers.connected
  }

  serves(side: 'real' | 'store', boundMs = 20_000): Promise<ModeRow> {
    return waitFor(
      `node ${this.#node.index}: ${side} serves`,
      async () => {
        const row = await this.row()
        return row.serving === side && row
      },
      { boundMs },
    )
  }

  /** Until its peers lack no more than so many records of what it holds. */
  drained(boundMs: number, keysMax: number): Promise<ModeRow> {
    return waitFor(
      `node ${this.#node.index}: no more than ${keysMax} records wait`,
      async () => {
        const row = await this.row()
        return row.backlog.keys <= keysMax && row
      },
      { boundMs, everyMs: 50 },
    )
  }
}
