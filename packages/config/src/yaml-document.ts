import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Node,
} from 'yaml'
import { quote, type Place, type Problem } from './problem.js'

/** A configuration of every field with comments is a twentieth of this. */
export const FILE_BYTES_MAX = 256 * 1024

/** Enough to share a list of nodes between sections, too few to build a bomb. */
export const ALIASES_MAX = 50

/** Fields lie at depth 4; anything deeper is no configuration. Checked before the parser recurses. */
export const DEPTH_MAX = 32

export interface YamlText {
  /** As messages should call the file. */
  readonly name: string
  readonly text: string
}

/** A parsed file: its root, where nodes stand, and what aliases mean. */
export interface YamlDocument {
  readonly root: Node | undefined
  placeOf(node: unknown): Place
  /** The node an alias stands for; other nodes stand for themselves. */
  resolve(node: unknown): unknown
  readonly problems: readonly Problem[]
}

/**
 * True when a parser might recurse too deep: more brackets open than allowed (those in quotes and comments
 * count too: no configuration has so many), an indentation of two columns per level, or as many dashes
 * in one line. The patterns have one way to match each space, so that no text makes them slow.
 */
export const isTooDeep = (text: string): boolean => {
  let open = 0
  for (const char of text) {
    if (char === '[' || char === '{') open++
    else if ((char === ']' || char === '}') && open > 0) open--
    if (open > DEPTH_MAX) return true
  }
  return /^(?: {64} *[^ #\r\n]| *(?:[-?:][ \t]+){32})/m.test(text)
}

const problemAt = (kind: Problem['kind'], place: Place, message: string, suggestion?: string) => ({
  kind,
  place,
  message,
  suggestion,
})

interface Aliases {
  /** Every alias, and the node it stands for. */
  readonly meaning: ReadonlyMap<Alias, unknown>
  readonly dangling: readonly Alias[]
}

/** Walks every node once, without following aliases. */
const collectAliases = (root: unknown): Aliases => {
  const anchors = new Map<string, unknown>()
  const meaning = new Map<Alias, unknown>()
  const walk = (node: unknown): void => {
    if (isAlias(node)) {
      // The last anchor before the alias counts, as YAML 1.2 says (7.1).
      meaning.set(node, anchors.get(node.source))
      return
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    }
    if (isMap(node))
      for (const pair of node.items) {
        walk(pair.key)
        walk(pair.value)
      }
    else if (isSeq(node)) for (const item of node.items) walk(item)
  }
  walk(root)
  return {
    meaning,
    dangling: [...meaning].flatMap(([alias, node]) => (node === undefined ? [alias] : [])),
  }
}

const refused = (name: string, problem: (place: Place) => Problem): YamlDocument => {
  const start: Place = { source: 'file', file: name, line: 1, column: 1 }
  return {
    root: undefined,
    placeOf: () => start,
    resolve: (node) => node,
    problems: [problem(start)],
  }
}

/** Parses one YAML 1.2 document with the core schema. Never throws; a bad file has problems. */
export const parseYaml = ({ name, text }: YamlText): YamlDocument => {
  // Three bytes at most per UTF-16 unit; the reader of the file has checked its exact size.
  if (text.length > FILE_BYTES_MAX)
    return refused(name, (place) =>
      problemAt('limit', place, `the file has more than ${FILE_BYTES_MAX / 1024} KiB`),
    )
  if (isTooDeep(text))
    return refused(name, (place) =>
      problemAt('limit', place, `the file nests deeper than ${DEPTH_MAX} levels`),
    )
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    // Its check compares every key with every other; ours uses a set.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  })
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { source: 'file', file: name, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const placeOf = (node: unknown): Place =>
    at((node as { range?: readonly number[] } | null)?.range?.[0] ?? 0)
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) =>
    problemAt('syntax', at(error.pos[0]), error.message),
  )
  if (document.directives?.yaml.explicit === true)
    problems.push(problemAt('syntax', at(0), 'the file has a %YAML directive', 'remove it'))
  const { meaning, dangling } = collectAliases(document.contents)
  for (const alias of dangling)
    problems.push(
      problemAt('syntax', placeOf(alias), `nothing is anchored as ${quote(alias.source)}`),
    )
  if (meaning.size > ALIASES_MAX)
    problems.push(
      problemAt(
        'limit',
        at(0),
        `the file has ${meaning.size} aliases`,
        `use at most ${ALIASES_MAX}`,
      ),
    )
  return {
    root: problems.length === 0 ? (document.contents ?? undefined) : undefined,
    placeOf,
    resolve: (node) => (isAlias(node) ? meaning.get(node) : node),
    problems,
  }
}
