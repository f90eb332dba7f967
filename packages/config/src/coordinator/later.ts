import { field } from '../field.js'
import { endpointType } from '../types/bootstrap-node.js'
import { booleanType } from '../types/boolean.js'
import { durationType, millisecondsType } from '../types/duration.js'
import { listType } from '../types/list.js'
import { choiceType } from '../types/text.js'

const RESOLVER = 'the UCXL resolver'
const CONNECTOR = 'the RUSTLE connector'

/** Settings of components of later releases: accepted and checked, so that files stay valid. */
export const laterFields = {
  cacheEnabled: field({
    path: 'bzzz.cache.enabled',
    type: booleanType(),
    default: true,
    reserved: RESOLVER,
    doc: 'Keep resolved addresses in memory.',
    example: 'true',
  }),
  cacheTtlMs: field({
    path: 'bzzz.cache.ttl',
    type: durationType({ minMs: 0, maxMs: 86_400_000 }),
    default: 300_000,
    reserved: RESOLVER,
    doc: 'How long a resolved address is kept.',
    example: '5m',
  }),
  useDistributedResolver: field({
    path: 'bzzz.resolver.use_distributed',
    env: 'BZZZ_USE_DISTRIBUTED_RESOLVER',
    type: booleanType(),
    default: false,
    reserved: RESOLVER,
    doc: 'Resolve addresses over the mesh rather than on this machine.',
    example: 'false',
  }),
  rustleUseRealConnector: field({
    path: 'rustle.connector.use_real',
    env: 'RUSTLE_USE_REAL_CONNECTOR',
    type: booleanType(),
    default: false,
    reserved: CONNECTOR,
    doc: 'Connect RUSTLE to coordinators rather than to its embedded one.',
    example: 'true',
  }),
  rustleEnabled: field({
    path: 'rustle.connector.enabled',
    type: booleanType(),
    default: true,
    reserved: CONNECTOR,
    doc: 'Whether `rustle.connector.backend` counts.',
    example: 'true',
  }),
  rustleBackend: field({
    path: 'rustle.connector.backend',
    type: choiceType(['mock', 'real', 'hybrid']),
    default: 'mock',
    reserved: CONNECTOR,
    doc: 'Which connector RUSTLE uses.',
    example: 'real',
  }),
  rustleEndpoints: field({
    path: 'rustle.connector.endpoints',
    env: 'RUSTLE_BZZZ_ENDPOINTS',
    type: listType(endpointType()),
    default: [],
    defaultDoc: 'none',
    reserved: CONNECTOR,
    doc: 'Coordinators that RUSTLE connects to.',
    example: 'http://192.168.1.100:4280,http://192.168.1.101:4280',
  }),
  rustleFallbackEnabled: field({
    path: 'rustle.connector.fallback.enabled',
    env: 'RUSTLE_FALLBACK_ENABLED',
    type: booleanType(),
    default: true,
    reserved: CONNECTOR,
    doc: 'Answer from the embedded connector while no coordinator can.',
    example: 'true',
  }),
  rustleTimeoutMs: field({
    path: 'rustle.connector.fallback.timeout_ms',
    env: 'RUSTLE_TIMEOUT_MS',
    type: millisecondsType({ minMs: 1, maxMs: 600_000 }),
    default: 5000,
    reserved: CONNECTOR,
    doc: 'Longest wait for a coordinator.',
    example: '5000',
  }),
}
