import { isAbsolute, join } from 'node:path'

/**
 * Where a user's node keeps its data unless told otherwise: `$XDG_DATA_HOME/bzzz`, or
 * `~/.local/share/bzzz` (XDG Base Directory Specification, which says to ignore relative paths).
 */
export const defaultDataDirectory = (
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string => {
  const base = env.XDG_DATA_HOME
  return base !== undefined && isAbsolute(base)
    ? join(base, 'bzzz')
    : join(home, '.local', 'share', 'bzzz')
}
