/** `bzzz.dht.mode`: a mode by its name. */
export const modeKey = (component: string): string => `bzzz.${component}.mode`

/** `bzzz.dht.percent`: 0 to 100. */
export const percentKey = (component: string): string => `bzzz.${component}.percent`

/** The component and the flag of a key; undefined when it is none of ours. */
export const parseKey = (
  key: string,
): { readonly component: string; readonly flag: 'mode' | 'percent' } | undefined => {
  const match = /^bzzz\.([a-z][a-z0-9_-]*)\.(mode|percent)$/.exec(key)
  const [, component, flag] = match ?? []
  if (component === undefined || (flag !== 'mode' && flag !== 'percent')) return undefined
  return { component, flag }
}
