const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

// Joining single characters of a MiB takes seconds of garbage; 6,144 bytes make a piece of 8 KiB.
const PIECE_BYTES = 6144

const encodePiece = (bytes: Uint8Array, from: number, to: number): string => {
  let out = ''
  for (let at = from; at < to; at += 3) {
    const word = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    out += (ALPHABET[word >> 18] ?? '') + (ALPHABET[(word >> 12) & 63] ?? '')
    out += at + 1 < to ? (ALPHABET[(word >> 6) & 63] ?? '') : '='
    out += at + 2 < to ? (ALPHABET[word & 63] ?? '') : '='
  }
  return out
}

/** Base64 of RFC 4648, with padding. */
export const toBase64 = (bytes: Uint8Array): string => {
  const pieces: string[] = []
  for (let from = 0; from < bytes.length; from += PIECE_BYTES)
    pieces.push(encodePiece(bytes, from, Math.min(from + PIECE_BYTES, bytes.length)))
  return pieces.join('')
}

const digitOf = (code: number): number => {
  if (code >= 97) return code - 71
  if (code >= 65) return code - 65
  if (code >= 48) return code + 4
  return code === 43 ? 62 : 63
}

/** Bytes of a padded base64 text without spaces; undefined for anything else. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0 || !FORM.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let at = 0
  for (let from = 0; from < text.length; from += 4) {
    let word = 0
    for (let i = 0; i < 4; i++) {
      const code = text.charCodeAt(from + i)
      word = (word << 6) | (code === 61 ? 0 : digitOf(code))
    }
    bytes[at++] = word >> 16
    if (at < bytes.length) bytes[at++] = (word >> 8) & 255
    if (at < bytes.length) bytes[at++] = word & 255
  }
  return bytes
}
