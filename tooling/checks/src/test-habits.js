import { join } from 'node:path'
import { readText } from './files.js'
import { dottedName, parse, visitNodes } from './syntax.js'

/** @typedef {import('./syntax.js').Node} Node */

const runners =
  /^((describe|test|it)(\.concurrent)?\.(only|skip|todo|failing)(\.each)?|[xf](describe|test|it)(\.each)?)$/

/** A pause this long is a guess about how long something takes. */
const pauseMs = 100

/** @type {(node: Node | undefined) => number} */
const literalMs = (node) => (node?.type === 'NumericLiteral' ? node['value'] : 0)

/**
 * A timer that only resumes: its callback is a bare function or calls one without arguments.
 * A deadline (it rejects, aborts or kills) is not a pause.
 * @type {(callback: Node | undefined) => boolean}
 */
const onlyResumes = (callback) => {
  if (callback?.type === 'Identifier') return !/reject|fail|abort|kill/i.test(callback['value'])
  if (callback?.type !== 'ArrowFunctionExpression') return false
  const { body } = callback
  return (
    body.type === 'CallExpression' &&
    body.callee.type === 'Identifier' &&
    body.arguments.length === 0 &&
    !/reject|fail|abort|kill/i.test(body.callee.value)
  )
}

/** @type {(node: Node) => string | undefined} */
const pauseOf = (node) => {
  const name = dottedName(node['callee'])
  /** @type {(Node | undefined)[]} */
  const [first, second] = node['arguments'].map((/** @type {Node} */ one) => one['expression'])
  if (/(^|\.)sleep$/.test(name)) return `${name}() sleeps`
  // jest.setTimeout() is the limit of a test, not a pause.
  if (/(^|\.)setTimeout$/.test(name) && name !== 'jest.setTimeout') {
    // node:timers/promises takes the delay first.
    if (literalMs(first) >= pauseMs) return `waits ${literalMs(first)} ms`
    if (literalMs(second) >= pauseMs && onlyResumes(first)) return `waits ${literalMs(second)} ms`
  }
  return undefined
}

/** @type {(root: string, files: string[], problemOf: (call: Node) => string | undefined) => string[]} */
const inCalls = (root, files, problemOf) =>
  files.flatMap((file) => {
    /** @type {string[]} */
    const problems = []
    visitNodes(parse(readText(join(root, file)), file), (node) => {
      const problem = node.type === 'CallExpression' ? problemOf(node) : undefined
      if (problem !== undefined) problems.push(`${file} ${problem}`)
    })
    return problems
  })

/** Tests that are switched off, or that switch the others off. @type {(root: string, files: string[]) => string[]} */
export const modifierProblems = (root, files) =>
  inCalls(root, files, ({ callee }) => {
    const name = dottedName(callee)
    return runners.test(name) ? `uses ${name}` : undefined
  })

/** Tests that sleep instead of waiting for a condition. @type {(root: string, files: string[]) => string[]} */
export const sleepProblems = (root, files) => inCalls(root, files, pauseOf)
