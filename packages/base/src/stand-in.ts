/** A method of an interface that is only known by its name. */
export type Method = (...args: unknown[]) => unknown

/** Every name that a value answers to, its own and inherited, without those of all objects. */
const namesOf = (value: object): Set<string | symbol> => {
  const names = new Set<string | symbol>()
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Reflect.ownKeys(at)) names.add(name)
  names.delete('constructor')
  return names
}

/**
 * What stands in for an implementation: the given methods, on a prototype, instead of its own. Every
 * other member is that of the implementation, read anew at each use.
 */
export const standIn = <I extends object>(
  impl: I,
  methods: Readonly<Record<string | symbol, Method>>,
): I => {
  const prototype = {}
  for (const name of namesOf(impl)) {
    if (Object.hasOwn(methods, name)) continue
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value: unknown = Reflect.get(impl, name)
        return typeof value === 'function' ? (value.bind(impl) as unknown) : value
      },
    })
  }
  for (const name of Reflect.ownKeys(methods))
    Object.defineProperty(prototype, name, { value: methods[name] })
  return Object.create(prototype) as I
}
