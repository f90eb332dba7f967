import { equalBytes, toHex } from './bytes.js'
import { codeOf } from './errors.js'

/** The part of a test runner that contract suites use; Jest, Vitest and node:test all fit. */
export interface TestApi {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void> | void): void
}

const show = (value: unknown): string => {
  if (value instanceof Uint8Array) return `bytes(${toHex(value.subarray(0, 32))})`
  return typeof value === 'string'
    ? JSON.stringify(value)
    : (JSON.stringify(value) ?? String(value))
}

/** Fails the test with a sentence. */
export const fail = (message: string): never => {
  throw new Error(`contract broken: ${message}`)
}

export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message)
}

export function present<T>(value: T | undefined | null, message: string): asserts value is T {
  if (value === undefined || value === null) fail(message)
}

export const same = (actual: unknown, expected: unknown, message: string): void => {
  if (!Object.is(actual, expected))
    fail(`${message}: got ${show(actual)}, wanted ${show(expected)}`)
}

export const sameBytes = (
  actual: Uint8Array | undefined,
  expected: Uint8Array,
  message: string,
): void => {
  if (actual === undefined || !equalBytes(actual, expected))
    fail(`${message}: got ${show(actual)}, wanted ${show(expected)}`)
}

/** Compares plain data: order of keys does not matter, bytes compare by content. */
export const sameData = (actual: unknown, expected: unknown, message: string): void => {
  const canonical = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return `bytes:${toHex(value)}`
    if (Array.isArray(value)) return value.map(canonical)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, inner]) => inner !== undefined)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, inner]) => [name, canonical(inner)]),
      )
    return value
  }
  const [a, b] = [JSON.stringify(canonical(actual)), JSON.stringify(canonical(expected))]
  if (a !== b) fail(`${message}: got ${a}, wanted ${b}`)
}

/** The call must reject (or throw) with the code; returns the error. */
export const rejects = async (
  call: () => unknown,
  code: string,
  message: string,
): Promise<unknown> => {
  let error: unknown
  try {
    await call()
  } catch (thrown) {
    error = thrown
  }
  if (error === undefined) fail(`${message}: nothing was thrown, wanted ${code}`)
  if (codeOf(error) !== code) fail(`${message}: got ${String(error)}, wanted ${code}`)
  return error
}
