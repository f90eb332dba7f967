import { HTTP_PORT, type ClusterNode } from '../cluster-node.js'
import { HttpSession } from './http-session.js'

const IN_FLIGHT = 16

/** Writes so many records at one node, at `local`, as fast as it takes them with some clients beside. */
export const fillWithRecords = async (
  node: ClusterNode,
  name: string,
  count: number,
): Promise<void> => {
  const session = new HttpSession(node.host, HTTP_PORT, () => node.token)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const { status, body } = await session.call({
        method: 'PUT',
        target: `/v1/records/${name}/${next++}?level=local`,
        headers: { 'content-type': 'application/octet-stream' },
        body: 'a record of a node that is alone',
        timeoutMs: 10_000,
        mayRepeat: true,
      })
      if (status !== 200) throw new Error(`the record was not taken: ${status} ${body}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  session.close()
}
