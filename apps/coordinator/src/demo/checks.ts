import { equalBytes, messageOf, utf8 } from '@bzzz/base'
import { coordinatorError } from '../errors.js'
import { forEachOf } from '../import/pool.js'
import { readAtMost } from '../import/read-at-most.js'
import { waitFor } from '../process/wait-for.js'
import type { Mesh, MeshNode } from './mesh.js'

const IN_FLIGHT = 8

const demoFailed = (message: string): Error => coordinatorError('DEMO_FAILED', message)

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** Reads every document through a node and compares it with the file on disk. Returns how many. */
export const compareDocuments = async (
  node: MeshNode,
  files: readonly { readonly key: string; readonly path: string }[],
): Promise<number> => {
  await forEachOf(each(files), IN_FLIGHT, async ({ key, path }) => {
    const found = await node.client.get(key)
    const file = await readAtMost(path, Number.MAX_SAFE_INTEGER - 1)
    if (found === undefined || file === undefined || !equalBytes(found.value, file))
      throw demoFailed(`${key} read through ${node.name} is not what ${path} holds`)
  })
  return files.length
}

/** Reads every acknowledged record through a node, at quorum. Throws when one is missing or wrong. */
export const findAll = async (
  node: MeshNode,
  acknowledged: Iterable<readonly [key: string, value: string]>,
  level: 'local' | 'quorum' | 'all' = 'quorum',
): Promise<void> => {
  await forEachOf(each(acknowledged), IN_FLIGHT, async ([key, value]) => {
    const found = await node.client.get(key, level)
    if (found === undefined)
      throw demoFailed(`${key} was acknowledged, and ${node.name} does not find it`)
    if (!equalBytes(found.value, utf8(value)))
      throw demoFailed(`${key} was acknowledged as ${value}, and ${node.name} has another value`)
  })
}

/** Longest wait for a restarted node to have every record. */
const CATCH_UP_BOUND_MS = 60_000

/** Default of the product; up to so many nodes, each of them holds every record. */
const REPLICAS = 3

/**
 * Resolves when the nodes agree: where each holds everything, when their digests are equal; in a
 * larger mesh, when every replica of every acknowledged record answers with it.
 */
export const awaitAgreement = async (
  mesh: Mesh,
  acknowledged: readonly (readonly [key: string, value: string])[],
  signal: AbortSignal,
): Promise<void> => {
  const wait = { boundMs: CATCH_UP_BOUND_MS, everyMs: 50, signal }
  if (mesh.nodes.length > REPLICAS) {
    const last = mesh.node(mesh.nodes.length - 1)
    await waitFor(
      'every replica has every record',
      () => findAll(last, acknowledged, 'all').then(() => true),
      wait,
    )
    return
  }
  let seen = ''
  await waitFor(
    'all nodes hold the same records',
    async () => {
      const states = await Promise.all(mesh.nodes.map((node) => node.client.status()))
      seen = states.map(({ records, digest }) => `${records} ${digest.slice(0, 8)}`).join(', ')
      return new Set(states.map(({ digest }) => digest)).size === 1
    },
    wait,
  ).catch((error: unknown) => {
    throw demoFailed(`${messageOf(error)} (records and digests: ${seen})`)
  })
}
