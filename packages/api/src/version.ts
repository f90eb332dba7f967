import { HLC_COUNTER_MAX, type Version } from '@bzzz/base'
import { apiError } from './errors.js'

const FORM = /^(\d{1,16})\.(\d{1,5})\.([\w.~!*'()%-]{1,384})$/

/** The version that a text names, or undefined. */
export const readVersion = (text: string): Version | undefined => {
  const [, wall = '', count = '', encoded = ''] = FORM.exec(text) ?? []
  const wallMs = Number(wall)
  const counter = Number(count)
  if (wall === '' || !Number.isSafeInteger(wallMs) || counter > HLC_COUNTER_MAX) return undefined
  try {
    const version = { wallMs, counter, writer: decodeURIComponent(encoded) }
    // One version has one text, so that texts can be compared instead of versions.
    return formatVersion(version) === text ? version : undefined
  } catch {
    return undefined
  }
}

/** `<wallMs>.<counter>.<writer>`: visible ASCII without quotes, fit for an ETag and a URL. */
export const formatVersion = ({ wallMs, counter, writer }: Version): string =>
  `${wallMs}.${counter}.${encodeURIComponent(writer)}`

/** The version that a text names. Throws `API_REQUEST_INVALID`. */
export const parseVersion = (text: string): Version => {
  const version = readVersion(text)
  if (version === undefined)
    throw apiError(
      'API_REQUEST_INVALID',
      'a version reads <milliseconds>.<counter>.<writer>, as receipts and records state it',
    )
  return version
}
