/** A configuration that remembers which of its fields were read. */
export interface ConfigSpy<C extends object> {
  readonly config: C
  /** Names of the fields read so far. */
  readonly read: ReadonlySet<string>
}

/** For tests: wraps a configuration, so that a field that nothing reads can be found. */
export const spyConfig = <C extends object>(config: C): ConfigSpy<C> => {
  const read = new Set<string>()
  const spied = {}
  for (const [name, value] of Object.entries(config))
    Object.defineProperty(spied, name, {
      enumerable: true,
      get: () => {
        read.add(name)
        return value
      },
    })
  return { config: Object.freeze(spied) as C, read }
}
