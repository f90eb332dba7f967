import { createHash } from 'node:crypto'
import type { AuditEntry } from '../audit/audit-entry.js'
import { telemetryError } from '../errors.js'
import { redactor } from '../log/redact.js'

/** A line holds one write or one action; a longer one is no entry of ours. */
export const AUDIT_LINE_BYTES_MAX = 64 * 1024

/** Place and hash of one line; whoever holds it can tell later that the file was cut before it. */
export interface AuditHead {
  /** Counts the lines from 1, over all files. */
  readonly seq: number
  /** SHA-256 of the line without its end, hexadecimal. */
  readonly hash: string
}

/** Before the first line. */
export const AUDIT_START: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/** What every line begins with; anything else is not ours. */
const PREFIX = /^\{"seq":([1-9][0-9]{0,15}),"prev":"([0-9a-f]{64})",/

const hashOf = (line: string | Uint8Array): string =>
  createHash('sha256').update(line).digest('hex')

const redact = redactor()

/** The entry without its place, as JSON. Throws `AUDIT_ENTRY_INVALID`. */
export const auditBody = (entry: AuditEntry): string => {
  const body = JSON.stringify(redact({ ...entry }))
  if (Buffer.byteLength(body) > AUDIT_LINE_BYTES_MAX - 200)
    throw telemetryError(
      'AUDIT_ENTRY_INVALID',
      `an entry of ${String(Buffer.byteLength(body))} bytes does not fit in a line`,
    )
  return body
}

/** The line that follows `head`, without its end. */
export const auditLine = (
  head: AuditHead,
  body: string,
): { readonly line: string; readonly head: AuditHead } => {
  const seq = head.seq + 1
  const line = `{"seq":${String(seq)},"prev":"${head.hash}",${body.slice(1)}`
  return { line, head: { seq, hash: hashOf(line) } }
}

/**
 * What a line that was read says of its place; a text says why it cannot follow `before`. Undefined
 * stands for a line whose predecessor was removed by rotation: any will do.
 */
export const readAuditLine = (
  bytes: Uint8Array,
  before: AuditHead | undefined,
): AuditHead | string => {
  const text = new TextDecoder().decode(bytes)
  const [, seqText, prev] = PREFIX.exec(text) ?? []
  if (seqText === undefined) return 'is no audit line'
  const seq = Number(seqText)
  if (before !== undefined && seq !== before.seq + 1)
    return `has the number ${seqText} after ${String(before.seq)}`
  if (before !== undefined && prev !== before.hash)
    return 'does not carry the hash of the line before it'
  try {
    JSON.parse(text)
  } catch {
    return 'is no JSON'
  }
  return { seq, hash: hashOf(bytes) }
}
