import { codeOf } from '../src/errors.js'

/** The code of what the call throws or rejects with; undefined when it succeeds. */
export const codeFrom = async (call: () => unknown): Promise<string | undefined> => {
  try {
    await call()
    return undefined
  } catch (error) {
    return codeOf(error) ?? `no code: ${String(error)}`
  }
}

/** As {@link codeFrom}, for calls that must throw at once. */
export const thrownCode = (call: () => unknown): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error) ?? `no code: ${String(error)}`
  }
}

/** Lets everything run that waits for promises only. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** The item at an index that must exist. */
export const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${String(index)}`)
  return item
}
