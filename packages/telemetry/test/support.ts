import { codeOf } from '@bzzz/base'

/** Lets everything run that waits for promises only. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** The code of what the call throws; undefined when it does not. */
export const thrownCode = (call: () => unknown): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error) ?? `no code: ${String(error)}`
  }
}
