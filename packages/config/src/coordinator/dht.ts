import { field, type Selector } from '../field.js'
import { bootstrapNodeType } from '../types/bootstrap-node.js'
import { booleanType } from '../types/boolean.js'
import { durationType } from '../types/duration.js'
import { integerType } from '../types/integer.js'
import { listType } from '../types/list.js'
import { choiceType } from '../types/text.js'
import { decideMode, MODE_SWITCHES, type ModeSwitches } from './mode-table.js'
import { MODE_DEFAULT, modeType } from './mode-type.js'

/** The records that nodes keep for each other. */
export const dhtFields = {
  dhtMode: field({
    path: 'bzzz.dht.mode',
    type: modeType(),
    default: MODE_DEFAULT,
    live: true,
    doc: '`mock`: records stay on this machine. `hybrid`: every record is replicated over libp2p; a share of the keys is answered by the mesh, and by this machine while the mesh cannot. `shadow`: replicated, answered by this machine, and compared with the mesh. `real`: answered by the mesh alone. The switches below state it too; in one source, this one wins.',
    example: 'hybrid',
  }),
  dhtPercent: field({
    path: 'bzzz.dht.percent',
    type: integerType({ name: 'percent', min: 0, max: 100, unit: 'percent' }),
    selects: true,
    isOffered: true,
    live: true,
    defaultDoc: '`100`',
    doc: 'In mode `hybrid`, the share of the keys that the mesh answers. The others are replicated as well.',
    example: '10',
  }),
  useRealDht: field({
    path: 'bzzz.dht.use_real',
    env: 'BZZZ_USE_REAL_DHT',
    type: booleanType(),
    selects: true,
    isOffered: true,
    live: true,
    defaultDoc: '`false`',
    doc: 'True means mode `hybrid`, or `real` where `bzzz.dht.fallback.enabled` is false. False means mode `mock`.',
    example: 'true',
  }),
  dhtEnabled: field({
    path: 'bzzz.dht.enabled',
    type: booleanType(),
    selects: true,
    live: true,
    doc: 'False means mode `mock`, whatever `bzzz.dht.backend` says. True leaves it to `bzzz.dht.backend`.',
    example: 'true',
  }),
  dhtBackend: field({
    path: 'bzzz.dht.backend',
    type: choiceType(['mock', 'real', 'hybrid']),
    selects: true,
    live: true,
    doc: '`mock` and `hybrid` mean these modes. `real` means `hybrid`, or `real` where `bzzz.dht.fallback.enabled` is false.',
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

export const dhtSelectors: readonly Selector<keyof ModeSwitches>[] = [
  { from: MODE_SWITCHES, onto: 'dhtMode', decide: decideMode },
]
