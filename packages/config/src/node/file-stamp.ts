import { stat } from 'node:fs/promises'

/**
 * Which file a path leads to now, and as of when: equal stamps mean unchanged content. Follows
 * links, so that a swapped link is another file. `''`: nothing that may be looked at.
 */
export const stampOf = async (path: string): Promise<string> => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return ''
  }
}

/** Which directory a path leads to now; unlike {@link stampOf} its content does not matter. */
export const identityOf = async (path: string): Promise<string> => {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return ''
  }
}
