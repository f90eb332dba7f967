import { join } from 'node:path'
import { isTestFile, readText, walk } from './files.js'
import { parse, visitNodes } from './syntax.js'
import { layered } from './workspace.js'

/**
 * @typedef {import('./syntax.js').Node} Node
 * @typedef {{ code: string, owner: string, fields: Record<string, string> }} ErrorCode
 * @typedef {{ codes: ErrorCode[], problems: string[] }} Tables
 */

/** The value of an expression that is text or a number; undefined for anything computed. @type {(node: Node) => string | undefined} */
const literal = (node) => {
  switch (node.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
      return String(node['value'])
    case 'TemplateLiteral':
      return node['expressions'].length === 0 ? node['quasis'][0].cooked : undefined
    case 'BinaryExpression': {
      const left = literal(node['left'])
      const right = literal(node['right'])
      return node['operator'] === '+' && left !== undefined && right !== undefined
        ? left + right
        : undefined
    }
    default:
      return undefined
  }
}

/** @type {(node: Node) => Node} */
const unwrapped = (node) =>
  ['TsAsExpression', 'TsConstAssertion', 'TsSatisfiesExpression', 'ParenthesisExpression'].includes(
    node.type,
  )
    ? unwrapped(node['expression'])
    : node

/** @type {(program: Node) => Node[]} the tables handed to defineErrors, directly or by a constant */
const tablesOf = (program) => {
  /** @type {Map<string, Node>} */
  const constants = new Map()
  /** @type {Node[]} */
  const tables = []
  visitNodes(program, (node) => {
    if (node.type === 'VariableDeclarator' && node['init'] != null) {
      constants.set(node['id'].value, unwrapped(node['init']))
    }
    if (node.type === 'CallExpression' && node['callee'].value === 'defineErrors') {
      tables.push(unwrapped(node['arguments'][0].expression))
    }
  })
  return tables.map((table) =>
    table.type === 'Identifier' ? (constants.get(table['value']) ?? table) : table,
  )
}

/** @type {(row: Node) => Record<string, string> | undefined} */
const fieldsOf = (row) => {
  /** @type {Record<string, string>} */
  const fields = {}
  if (row.type !== 'ObjectExpression') return undefined
  for (const property of row['properties']) {
    const value = property.type === 'KeyValueProperty' ? literal(property.value) : undefined
    if (value === undefined) return undefined
    fields[property.key.value] = value
  }
  return fields
}

/** @type {(table: Node, owner: string, file: string) => Tables} */
const readTable = (table, owner, file) => {
  if (table.type !== 'ObjectExpression') {
    return { codes: [], problems: [`${file}: the table of defineErrors is not a literal`] }
  }
  /** @type {Tables} */
  const read = { codes: [], problems: [] }
  for (const property of table['properties']) {
    const code = property.type === 'KeyValueProperty' ? property.key.value : undefined
    const fields = code === undefined ? undefined : fieldsOf(unwrapped(property.value))
    if (fields === undefined) read.problems.push(`${file}: ${code ?? 'a row'} is not a literal`)
    else read.codes.push({ code, owner, fields })
  }
  return read
}

/** Every row of every defineErrors table, read from the sources. @type {(w: import('./workspace.js').Workspace) => Tables} */
export const errorTables = (workspace) => {
  const read = layered(workspace).flatMap(({ path, folder, manifest }) =>
    walk(path)
      .filter((file) => /^src\/.*\.ts$/.test(file) && !isTestFile(file))
      .map((file) => ({ file, text: readText(join(path, file)) }))
      .filter(({ text }) => text.includes('defineErrors('))
      .flatMap(({ file, text }) =>
        tablesOf(parse(text, file)).map((table) =>
          readTable(table, manifest.name, `${folder}/${file}`),
        ),
      ),
  )
  return {
    codes: read.flatMap(({ codes }) => codes),
    problems: read.flatMap(({ problems }) => problems),
  }
}
