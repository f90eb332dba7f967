import { isMap, isScalar, isSeq } from 'yaml'
import type { FieldTable, NamedField } from './field.js'
import { quote, type Place, type Problem } from './problem.js'
import { valueProblem, type SourceReading, type Statement } from './statement.js'
import { closest } from './suggest.js'
import type { Parsed } from './value-type.js'
import { parseYaml, type YamlDocument, type YamlText } from './yaml-document.js'

/** A section of the file: its settings and further sections by name. */
type Section = Map<string, Section | NamedField>

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const sectionsOf = (table: FieldTable): Section => {
  const root: Section = new Map()
  for (const field of table.named) {
    const names = field.path.split('.')
    const last = names.pop() ?? ''
    let section = root
    for (const name of names) {
      const next = section.get(name)
      const inner: Section = next instanceof Map ? next : new Map()
      section.set(name, inner)
      section = inner
    }
    section.set(last, field)
  }
  return root
}

/** Scalars are read by their text, so that `yes`, `0x10` and `1e3` mean the same in every source. */
const scalarText = (node: unknown): string | undefined => {
  if (!isScalar(node) || node.value === null) return undefined
  return node.source?.trim()
}

class FileReader {
  readonly statements: Statement[] = []
  readonly problems: Problem[] = []
  readonly #document: YamlDocument
  readonly #paths: readonly string[]

  constructor(document: YamlDocument, paths: readonly string[]) {
    this.#document = document
    this.#paths = paths
  }

  #report(kind: Problem['kind'], place: Place, message: string, suggestion?: string): void {
    this.problems.push({ kind, place, message, suggestion })
  }

  readSection(node: unknown, section: Section, path: string): void {
    const map = this.#document.resolve(node)
    if (isScalar(map) && map.value === null) return
    if (!isMap(map)) {
      const what = path === '' ? 'the file' : path
      const names = [...section.keys()].slice(0, 4).join(', ')
      this.#report(
        'value',
        this.#document.placeOf(node),
        `${what} is no section`,
        `write below it: ${names}`,
      )
      return
    }
    const seen = new Set<string>()
    for (const { key, value } of map.items) {
      const name = scalarText(key) ?? ''
      const place = this.#document.placeOf(key)
      const inner = path === '' ? name : `${path}.${name}`
      if (seen.has(name)) {
        this.#report('duplicate', place, `${quote(inner)} is stated twice`, 'remove one of them')
        continue
      }
      seen.add(name)
      const found = section.get(name)
      if (found === undefined) this.#unknown(place, name, inner, section)
      else if (found instanceof Map) this.readSection(value, found, inner)
      else this.#readField(found, value, place)
    }
  }

  #unknown(place: Place, name: string, path: string, section: Section): void {
    if (UNSAFE_KEYS.has(name)) {
      this.#report('unknown', place, `the key ${quote(name)} is refused`, 'remove it')
      return
    }
    if (name === '<<') {
      this.#report('unknown', place, 'merge keys (<<) are not read', 'write the settings out')
      return
    }
    const sibling = closest(name, [...section.keys()])
    const near = sibling ?? closest(path, this.#paths)
    this.#report(
      'unknown',
      place,
      `no setting is called ${quote(path)}`,
      near === undefined ? 'remove it' : `did you mean ${near}?`,
    )
  }

  #readField(field: NamedField, node: unknown, keyPlace: Place): void {
    const value = this.#document.resolve(node)
    const place = value === null || value === undefined ? keyPlace : this.#document.placeOf(node)
    const parsed =
      isSeq(value) && field.type.list !== undefined
        ? this.#readList(field, field.type.list, value.items)
        : this.#readScalar(field, value)
    if (parsed === undefined) return
    if (parsed.ok) this.statements.push({ field, place, value: parsed.value })
    else this.problems.push(valueProblem(field, place, parsed))
  }

  #readScalar(field: NamedField, value: unknown): Parsed<unknown> {
    const text = scalarText(value)
    if (field.type.list !== undefined)
      return {
        ok: false,
        problem: 'this is no list',
        suggestion: `write below it: - ${field.example.split(',', 1)[0] ?? ''}`,
      }
    if (text === undefined || text === '')
      return {
        ok: false,
        problem: isScalar(value) || value === null ? 'it has no value' : 'this is no single value',
        suggestion: `write for example ${field.example}, or remove the line`,
      }
    return field.type.parse(text)
  }

  /** Reports every bad item at its own line; undefined when there was one. */
  #readList(
    field: NamedField,
    list: NonNullable<NamedField['type']['list']>,
    nodes: readonly unknown[],
  ): Parsed<unknown> | undefined {
    const items: unknown[] = []
    const before = this.problems.length
    for (const node of nodes) {
      const text = scalarText(this.#document.resolve(node))
      const parsed: Parsed<unknown> =
        text === undefined
          ? {
              ok: false,
              problem: 'an item is no single value',
              suggestion: `write for example ${field.example.split(',', 1)[0] ?? ''}`,
            }
          : list.parseItem(text)
      if (parsed.ok) items.push(parsed.value)
      else this.problems.push(valueProblem(field, this.#document.placeOf(node), parsed))
    }
    return this.problems.length === before ? list.collect(items) : undefined
  }
}

/** Reads a YAML file against a table. Never throws; what is wrong is in `problems`. */
export const readYaml = (table: FieldTable, file: YamlText): SourceReading => {
  const document = parseYaml(file)
  if (document.problems.length > 0) return { statements: [], problems: document.problems }
  const reader = new FileReader(
    document,
    table.named.map(({ path }) => path),
  )
  if (document.root !== undefined) reader.readSection(document.root, sectionsOf(table), '')
  return reader
}
