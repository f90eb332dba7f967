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
