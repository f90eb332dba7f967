import { apiError } from './errors.js'
import { TARGET_CHARS_MAX } from './limits.js'

/** URL parsers resolve these away, even percent-encoded, and merge or drop empty ones. */
const isPlainKey = (key: string): boolean =>
  key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')

/**
 * The request target of a path template. A key with an empty, `.` or `..` segment travels as the query
 * parameter `key`.
 */
export const formatTarget = (template: string, texts: Readonly<Record<string, string>>): string => {
  const { key, ...query } = texts
  let path = template
  const pairs = Object.entries(query)
  if (template.endsWith('*')) {
    const inPath = key !== undefined && isPlainKey(key)
    path = template.slice(0, -1) + (inPath ? key.split('/').map(encodeURIComponent).join('/') : '')
    if (!inPath && key !== undefined) pairs.unshift(['key', key])
  }
  const search = pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&')
  return search === '' ? path : `${path}?${search}`
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw apiError('API_REQUEST_INVALID', 'the address holds a percent sign that encodes nothing')
  }
}

/** Query parameters, each at most once. `+` is a plus sign: keys contain them. */
const parseQuery = (search: string, texts: Map<string, string>): void => {
  for (const pair of search === '' ? [] : search.split('&')) {
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    if (texts.has(name))
      throw apiError('API_REQUEST_INVALID', `${JSON.stringify(name.slice(0, 40))} is stated twice`)
    texts.set(name, at < 0 ? '' : decode(pair.slice(at + 1)))
  }
}

/**
 * The texts in a raw request target (`/v1/records/a%20b?level=all`), which must fit the template.
 * Read the raw one: routers decode keys in their own ways. Throws `API_REQUEST_INVALID`.
 */
export const parseTarget = (template: string, target: string): Record<string, string> => {
  if (target.length > TARGET_CHARS_MAX)
    throw apiError(
      'API_REQUEST_INVALID',
      `the address has more than ${TARGET_CHARS_MAX} characters`,
    )
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const texts = new Map<string, string>()
  if (template.endsWith('*')) {
    const prefix = template.slice(0, -1)
    if (!path.startsWith(prefix)) throw apiError('API_ROUTE_UNKNOWN', 'the address is another one')
    const key = decode(path.slice(prefix.length))
    if (key !== '') texts.set('key', key)
  } else if (path !== template) throw apiError('API_ROUTE_UNKNOWN', 'the address is another one')
  parseQuery(mark < 0 ? '' : target.slice(mark + 1), texts)
  // fromEntries defines properties, so that a parameter called __proto__ stays a parameter.
  return Object.fromEntries(texts)
}
