import { HTTP_PORT, type ClusterNode } from './cluster-node.js'
import { HttpSession } from './load/http-session.js'
import type { FinalValues } from './check/no-loss.js'

/** Reads open at a time, per node. */
const IN_FLIGHT = 24
const TRIES = 5

export interface Finals {
  readonly values: FinalValues
  /** Keys that not all nodes read alike, and reads that got no answer. */
  readonly problems: readonly string[]
}

const readAt = async (session: HttpSession, key: string): Promise<string | null> => {
  let last = ''
  for (let tries = 0; tries < TRIES; tries++) {
    const { status, body } = await session.call({
      method: 'GET',
      target: `/v1/records/${key}?level=quorum`,
      headers: { accept: 'application/octet-stream' },
      timeoutMs: 10_000,
      mayRepeat: true,
    })
    if (status === 200) return body
    if (body.includes('API_RECORD_NOT_FOUND')) return null
    last = `${status} ${body}`
  }
  throw new Error(`${key} is not answered at a quorum: ${last}`)
}

/** Reads every key at a quorum. */
const readAll = async (
  node: ClusterNode,
  keys: readonly string[],
): Promise<{ values: Map<string, string | null>; problems: string[] }> => {
  const session = new HttpSession(node.host, HTTP_PORT, () => node.token)
  const values = new Map<string, string | null>()
  const problems: string[] = []
  const queue = keys.values()
  const work = async (): Promise<void> => {
    for (const key of queue) {
      try {
        values.set(key, await readAt(session, key))
      } catch (error) {
        problems.push(`node ${node.index}: ${(error as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  session.close()
  return { values, problems }
}

/** What every key reads as in the end, asked of these nodes, which have to agree. */
export const readFinals = async (
  nodes: readonly ClusterNode[],
  keys: readonly string[],
): Promise<Finals> => {
  const told = await Promise.all(nodes.map((node) => readAll(node, keys)))
  const values = told[0]?.values ?? new Map<string, string | null>()
  const problems = told.flatMap((one) => one.problems)
  for (const [at, other] of told.entries())
    for (const [key, value] of other.values)
      if (values.has(key) && values.get(key) !== value)
        problems.push(
          `${key} reads as ${values.get(key)} at node ${nodes[0]?.index} and as ${value} at node ${nodes[at]?.index}`,
        )
  return { values, problems }
}
