import { codeOf } from '@bzzz/base'
import { defineFields, field } from '../src/field.js'
import { loadConfig, type Loaded, type Sources } from '../src/load.js'
import { formatProblem, type Problem } from '../src/problem.js'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { durationType } from '../src/types/duration.js'
import { integerType } from '../src/types/integer.js'
import { listType } from '../src/types/list.js'
import { choiceType, pathType } from '../src/types/text.js'
import type { ValueType } from '../src/value-type.js'

/** A small table, so that tests do not depend on the coordinator's settings. */
export const smallTable = defineFields(
  {
    port: field({
      path: 'bzzz.http.port',
      type: integerType({ min: 1, max: 65_535 }),
      default: 4280,
      doc: 'a port',
      example: '4280',
    }),
    timeoutMs: field({
      path: 'bzzz.http.timeout',
      type: durationType({ minMs: 1, maxMs: 60_000 }),
      default: 1000,
      doc: 'a wait',
      example: '1s',
    }),
    names: field({
      path: 'bzzz.names',
      type: listType(choiceType(['a', 'b', 'c']), { itemsMax: 4 }),
      default: [],
      defaultDoc: 'none',
      doc: 'names',
      example: 'a,b',
    }),
    keyword: field({
      path: 'bzzz.keyword',
      type: choiceType(['open-sesame', 'swordfish']),
      default: 'swordfish',
      secret: true,
      doc: 'a secret',
      example: 'open-sesame',
    }),
    directory: field({
      path: 'bzzz.directory',
      type: pathType(),
      defaultDoc: 'decided later',
      doc: 'a directory',
      example: '/tmp',
    }),
  },
  { otherVariables: { BZZZ_CONFIG_FILE: 'the file' } },
)

export const loadSmall = (sources: Sources): Loaded<typeof smallTable.fields> =>
  loadConfig(smallTable, sources)

export const loadCoordinator = (sources: Sources): Loaded<typeof coordinatorFields.fields> =>
  loadConfig(coordinatorFields, sources)

export const yaml = (text: string): Sources => ({ file: { name: 'bzzz.yaml', text } })

/** The problems of a load that must be refused. */
export const problemsOf = (load: () => unknown): readonly Problem[] => {
  try {
    load()
  } catch (error) {
    if (codeOf(error) !== 'CONFIG_INVALID') throw error
    return (error as { details: { problems: readonly Problem[] } }).details.problems
  }
  return []
}

export const sentencesOf = (load: () => unknown): readonly string[] =>
  problemsOf(load).map(formatProblem)

/** The value, or `problem; suggestion`. */
export const parse = <T>(type: ValueType<T>, text: string): T | string => {
  const parsed = type.parse(text)
  return parsed.ok ? parsed.value : `${parsed.problem}; ${parsed.suggestion ?? ''}`
}

/** The layout of the file that deployments use already. */
export const CUSTOMER_FILE = `
bzzz:
  dht:
    enabled: true
    backend: "real" # mock, real, hybrid
    bootstrap_nodes:
      - "192.168.1.100:8080"
      - "192.168.1.101:8080"
    fallback:
      enabled: true
      threshold_errors: 3
      backoff_ms: 1000

rustle:
  connector:
    enabled: true
    backend: "real" # mock, real, hybrid
    endpoints:
      - "http://192.168.1.100:8080"
      - "http://192.168.1.101:8080"
    fallback:
      enabled: true
      timeout_ms: 5000
`

/** The variables that deployments use already. */
export const CUSTOMER_ENVIRONMENT = {
  BZZZ_USE_REAL_DHT: 'true',
  BZZZ_DHT_BOOTSTRAP_NODES: '192.168.1.100:8080,192.168.1.101:8080',
  BZZZ_FALLBACK_ON_ERROR: 'true',
  BZZZ_USE_DISTRIBUTED_RESOLVER: 'false',
  RUSTLE_USE_REAL_CONNECTOR: 'true',
  RUSTLE_BZZZ_ENDPOINTS: 'http://192.168.1.100:8080,http://192.168.1.101:8080',
  RUSTLE_FALLBACK_ENABLED: 'true',
  RUSTLE_TIMEOUT_MS: '5000',
}
