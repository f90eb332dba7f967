import { field, type Selection, type Selector } from '../field.js'
import { bootstrapNodeType } from '../types/bootstrap-node.js'
import { booleanType } from '../types/boolean.js'
import { durationType } from '../types/duration.js'
import { integerType } from '../types/integer.js'
import { listType } from '../types/list.js'
import { choiceType } from '../types/text.js'

/** The records that nodes keep for each other. */
export const dhtFields = {
  useRealDht: field({
    path: 'bzzz.dht.use_real',
    env: 'BZZZ_USE_REAL_DHT',
    type: booleanType(),
    default: false,
    doc: 'True: records are replicated over libp2p. False: they stay on this machine, in the embedded implementation.',
    example: 'true',
  }),
  dhtEnabled: field({
    path: 'bzzz.dht.enabled',
    type: booleanType(),
    selects: true,
    doc: 'False means `bzzz.dht.use_real: false`, whatever `bzzz.dht.backend` says. True leaves it to `bzzz.dht.backend`.',
    example: 'true',
  }),
  dhtBackend: field({
    path: 'bzzz.dht.backend',
    type: choiceType(['mock', 'real', 'hybrid']),
    selects: true,
    doc: '`real` means `bzzz.dht.use_real: true`, `mock` means false. `hybrid` is refused: it comes with @bzzz/hybrid.',
    example: 'real',
  }),
  dhtBootstrapNodes: field({
    path: 'bzzz.dht.bootstrap_nodes',
    type: listType(bootstrapNodeType()),
    default: [],
    defaultDoc: 'none',
    doc: 'Nodes through which this one joins the mesh. One that is up is enough; until the first contact, quorums wait.',
    example: '192.168.1.100:4281,/dns4/mesh.example.org/tcp/4281',
  }),
  dhtReplicas: field({
    path: 'bzzz.dht.replicas',
    type: integerType({ name: 'count', min: 1, max: 15 }),
    default: 3,
    doc: 'Nodes that keep each record. Every node of a mesh needs the same number.',
    example: '3',
  }),
  dhtTimeoutMs: field({
    path: 'bzzz.dht.timeout',
    type: durationType({ minMs: 10, maxMs: 60_000 }),
    default: 2000,
    doc: 'Longest wait for other nodes in one read or write. A write that reaches too few until then is pending.',
    example: '2s',
  }),
}

/** `bzzz.dht.enabled` and `bzzz.dht.backend` as `bzzz.dht.use_real`. */
export const selectDht = (enabled: unknown, backend: unknown): Selection | undefined => {
  if (enabled === false) return { value: false }
  if (backend === 'hybrid')
    return {
      problem: 'bzzz.dht.backend: hybrid comes with @bzzz/hybrid, which this release does not have',
      suggestion: 'write real or mock',
    }
  return backend === undefined ? undefined : { value: backend === 'real' }
}

export const dhtSelectors: readonly Selector<keyof typeof dhtFields>[] = [
  { from: ['dhtEnabled', 'dhtBackend'], onto: 'useRealDht', decide: selectDht },
]
