import { parseSync } from '@swc/core'

/**
 * @typedef {{ type: string, [field: string]: any }} Node a node of the syntax tree
 * @typedef {{ specifier: string, typeOnly: boolean }} Import
 */

/** @type {(text: string, file: string) => Node} */
export const parse = (text, file) =>
  parseSync(
    text,
    /\.[mc]?tsx?$/.test(file)
      ? { syntax: 'typescript', tsx: file.endsWith('x'), target: 'es2024' }
      : { syntax: 'ecmascript', jsx: true, target: 'es2024' },
  )

/** Calls `visit` with every node, parents first. @type {(node: unknown, visit: (node: Node) => void) => void} */
export const visitNodes = (node, visit) => {
  if (Array.isArray(node)) {
    for (const item of node) visitNodes(item, visit)
    return
  }
  if (typeof node !== 'object' || node === null) return
  if ('type' in node && typeof node.type === 'string') visit(/** @type {Node} */ (node))
  for (const value of Object.values(node)) visitNodes(value, visit)
}

/** @type {(specifiers: Node[] | undefined) => boolean} */
const allTypes = (specifiers) =>
  specifiers !== undefined &&
  specifiers.length > 0 &&
  specifiers.every((specifier) => specifier['isTypeOnly'] === true)

/** @type {(node: Node) => Import | undefined} */
const importOf = (node) => {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return node['source'] == null
        ? undefined
        : {
            specifier: node['source'].value,
            typeOnly: node['typeOnly'] === true || allTypes(node['specifiers']),
          }
    case 'TsImportType':
      return { specifier: node['argument'].value, typeOnly: true }
    case 'CallExpression': {
      const first = node['arguments'][0]?.expression
      return node['callee'].type === 'Import' && first?.type === 'StringLiteral'
        ? { specifier: first.value, typeOnly: false }
        : undefined
    }
    default:
      return undefined
  }
}

/** What a module imports: statements, re-exports, `import()` and `import('…')` types. @type {(text: string, file: string) => Import[]} */
export const importsOf = (text, file) => {
  /** @type {Import[]} */
  const found = []
  visitNodes(parse(text, file), (node) => {
    const one = importOf(node)
    if (one !== undefined) found.push(one)
  })
  return found
}

/** `a.b.c` of a callee or an expression; an empty string for anything else. @type {(node: Node) => string} */
export const dottedName = (node) => {
  if (node.type === 'Identifier') return node['value']
  if (node.type !== 'MemberExpression' || node['property'].type !== 'Identifier') return ''
  const object = dottedName(node['object'])
  return object === '' ? '' : `${object}.${node['property'].value}`
}

/** `@scope/name` or `name` of a bare specifier. @type {(specifier: string) => string} */
export const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
