import { command } from '../command.js'

/** A network of this run only: 10.77.0.1 and up are the nodes, .254 is the tests. */
const SUBNET = '10.77.0'
const BRIDGE = 'mesh'

const portOf = (node: number): string => `port${node}`
const namespaceOf = (node: number): string => `node${node}`

const assertNamespaces = (): void => {
  if (process.env.CLUSTER_NAMESPACES !== 'own')
    throw new Error('run it through bin/test-in-namespaces.js: it would change the network')
}

/**
 * A bridge with one network namespace per node, as a switch with a cable to each machine. What the
 * nodes send each other can be cut in each direction; this process reaches every node throughout.
 */
export class Lan implements AsyncDisposable {
  readonly count: number

  private constructor(count: number) {
    this.count = count
  }

  /** Nodes count from 1. */
  static async of(count: number): Promise<Lan> {
    assertNamespaces()
    await command('ip', 'link', 'add', BRIDGE, 'type', 'bridge')
    await command('ip', 'address', 'add', `${SUBNET}.254/24`, 'dev', BRIDGE)
    await command('ip', 'link', 'set', BRIDGE, 'up')
    for (let node = 1; node <= count; node++) await plugIn(node)
    await command('nft', 'add table bridge cuts')
    await command('nft', 'add chain bridge cuts forward { type filter hook forward priority 0; }')
    return new Lan(count)
  }

  addressOf(node: number): string {
    return `${SUBNET}.${node}`
  }

  /** What a command line begins with to run on the machine of a node. */
  on(node: number): readonly string[] {
    return ['ip', 'netns', 'exec', namespaceOf(node)]
  }

  /** From now on nothing that one node sends reaches the other. The way back stays open. */
  async cut(from: number, to: number): Promise<void> {
    const way = `iifname ${portOf(from)} oifname ${portOf(to)}`
    await command('nft', `add rule bridge cuts forward ${way} counter drop`)
  }

  /** Cuts the node off from all others, both ways, in one step. */
  async isolate(node: number): Promise<void> {
    const port = portOf(node)
    await command(
      'nft',
      `add rule bridge cuts forward iifname ${port} counter drop; ` +
        `add rule bridge cuts forward oifname ${port} counter drop`,
    )
  }

  /** Takes back every cut. */
  async heal(): Promise<void> {
    await command('nft', 'flush chain bridge cuts forward')
  }

  /** Packets that the cuts have taken so far. */
  async dropped(): Promise<number> {
    const rules = await command('nft', 'list chain bridge cuts forward')
    return [...rules.matchAll(/packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command('nft', 'delete table bridge cuts')
    for (let node = 1; node <= this.count; node++)
      await command('ip', 'netns', 'delete', namespaceOf(node))
    await command('ip', 'link', 'delete', BRIDGE)
  }
}

const plugIn = async (node: number): Promise<void> => {
  const [port, namespace] = [portOf(node), namespaceOf(node)]
  const inside = ['-n', namespace]
  await command('ip', 'netns', 'add', namespace)
  const peer = ['peer', 'name', 'eth0', 'netns', namespace]
  await command('ip', 'link', 'add', port, 'type', 'veth', ...peer)
  await command('ip', 'link', 'set', port, 'master', BRIDGE)
  await command('ip', 'link', 'set', port, 'up')
  await command('ip', ...inside, 'link', 'set', 'lo', 'up')
  await command('ip', ...inside, 'address', 'add', `${SUBNET}.${node}/24`, 'dev', 'eth0')
  await command('ip', ...inside, 'link', 'set', 'eth0', 'up')
}
