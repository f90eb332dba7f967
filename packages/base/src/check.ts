import { equalBytes, toHex } from './bytes.js'
import { codeOf } from './errors.js'

/** The part of a test runner that contract suites use; Jest, Vitest and node:test all fit. */
export interface TestApi {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void> | void): void
}

/** Bytes as hexadecimal, big integers as text: for messages only. */
const printable = (_name: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return `bytes(${toHex(value.subarray(0, 32))})`
  return typeof value === 'bigint' ? `${String(value)}n` : value
}

const show = (value: unknown): string => JSON.stringify(value, printable) ?? String(value)

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

const isObject = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]'

/** Names of the fields that hold something. */
const filled = (value: Record<string, unknown>): string[] =>
  Object.keys(value).filter((name) => value[name] !== undefined)

const equalData = (a: unknown, b: unknown): boolean => {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => equalData(item, b[i]))
  if (isObject(a) && isObject(b)) {
    const names = filled(a)
    return (
      names.length === filled(b).length &&
      names.every((name) => Object.hasOwn(b, name) && equalData(a[name], b[name]))
    )
  }
  return Object.is(a, b)
}

/**
 * Compares plain data: order of keys does not matter, undefined fields are absent, bytes compare
 * by content. Anything else (maps, dates) is equal to itself only.
 */
export const sameData = (actual: unknown, expected: unknown, message: string): void => {
  if (!equalData(actual, expected))
    fail(`${message}: got ${show(actual)}, wanted ${show(expected)}`)
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
