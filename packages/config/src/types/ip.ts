const IP4_PART = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IP4 = new RegExp(`^${IP4_PART}(?:\\.${IP4_PART}){3}$`)

/** Dotted quad without leading zeros, which some resolvers read as octal. */
export const isIp4 = (text: string): boolean => IP4.test(text)

/** RFC 4291, without a zone. */
export const isIp6 = (text: string): boolean => {
  if (text.length > 45 || !/^[\da-f:.]+$/i.test(text)) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const [index, half] of halves.entries()) {
    const parts = half === '' ? [] : half.split(':')
    for (const [at, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && at === parts.length - 1
      if (isLast && isIp4(part)) groups += 2
      else if (/^[\da-f]{1,4}$/i.test(part)) groups += 1
      else return false
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8
}

/** RFC 1123 labels; a name of digits and dots only would be a mistyped IPv4 address. */
export const isHostName = (text: string): boolean =>
  text.length <= 253 &&
  !/^[\d.]+$/.test(text) &&
  text.split('.').every((label) => /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i.test(label))

/** A port that can be dialled: 1 to 65,535. */
export const parsePort = (text: string): number | undefined => {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port >= 1 && port <= 65_535 ? port : undefined
}
