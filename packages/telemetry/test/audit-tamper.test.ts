import { appendFile, readFile, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { followFile } from '../src/node/audit-chain.js'
import {
  AUDIT_LINE_BYTES_MAX,
  openAuditFile,
  verifyAuditFile,
  type AuditHead,
  type AuditReport,
} from '../src/node/index.js'
import { actionOf, inTemporary } from './audit-support.js'

const LINES = 12

type Tampering =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'delete'; readonly line: number }
  | { readonly kind: 'double'; readonly line: number }
  | { readonly kind: 'swap'; readonly line: number; readonly with: number }
  | { readonly kind: 'truncate'; readonly at: number }

const line = fc.integer({ min: 0, max: LINES - 1 })

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: share, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('delete' as const), line }),
  fc.record({ kind: fc.constant('double' as const), line }),
  fc.record({ kind: fc.constant('swap' as const), line, with: line }),
  fc.record({ kind: fc.constant('truncate' as const), at: share }),
)

/** The changed log. */
const tamper = (original: Buffer, change: Tampering): Buffer => {
  const bytes = Buffer.from(original)
  if (change.kind === 'flip') {
    const at = Math.floor(change.at * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << change.bit)
    return bytes
  }
  if (change.kind === 'truncate') return bytes.subarray(0, Math.floor(change.at * bytes.length))
  const lines = bytes.toString('latin1').split('\n').slice(0, -1)
  if (change.kind === 'delete') lines.splice(change.line, 1)
  else if (change.kind === 'double') lines.splice(change.line, 0, lines[change.line] ?? '')
  else {
    const first = lines[change.line] ?? ''
    lines[change.line] = lines[change.with] ?? ''
    lines[change.with] = first
  }
  return Buffer.from(lines.map((each) => `${each}\n`).join(''), 'latin1')
}

const linesIn = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n')

const placeOf = (report: AuditReport): string => {
  if (report.isIntact) return 'intact'
  return report.line === 0 ? 'end' : `line ${report.line}`
}

/** Index of the first line that differs. */
const firstDifference = (a: Buffer, b: Buffer): number => {
  const [left, right] = [linesIn(a), linesIn(b)]
  return left.findIndex((each, i) => each !== right[i])
}

test('whatever is changed in a log is found, and located', async () => {
  await inTemporary(async (path) => {
    let head: AuditHead | undefined
    {
      await using file = await openAuditFile(path)
      for (let i = 0; i < LINES; i++) await file.append(actionOf(`action-${String(i)}`))
      head = file.head
    }
    const original = await readFile(path)
    await fc.assert(
      fc.asyncProperty(tampering, async (change) => {
        const changed = tamper(original, change)
        await writeFile(path, changed)
        const report = await verifyAuditFile(path, { head })
        // A change shows at its own line or, where it kept the form, at the next, which carries its hash.
        const at = 1 + firstDifference(original, changed)
        const places = changed.equals(original)
          ? ['intact']
          : [`line ${at}`, `line ${at + 1}`, 'end']
        expect(places).toContain(placeOf(report))
      }),
      { numRuns: 1000 },
    )
  })
})

test('a log whose end was removed is intact by itself, and not beside a head kept elsewhere', async () => {
  await inTemporary(async (path) => {
    let head: AuditHead | undefined
    {
      await using file = await openAuditFile(path)
      for (let i = 0; i < 3; i++) await file.append(actionOf(`action-${String(i)}`))
      head = file.head
    }
    const lines = linesIn(await readFile(path))
    await writeFile(path, `${lines.slice(0, 2).join('\n')}\n`)
    expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, entries: 2 })
    expect(await verifyAuditFile(path, { head })).toMatchObject({
      isIntact: false,
      line: 0,
      problem: 'ends before line 3, which was there',
    })
  })
})

test('a log that was written anew is intact by itself, and not beside a head kept elsewhere', async () => {
  await inTemporary(async (path, directory) => {
    await using file = await openAuditFile(path)
    await using other = await openAuditFile(join(directory, 'other.jsonl'))
    for (const action of ['first', 'second', 'third']) {
      await file.append(actionOf(action))
      await other.append(actionOf(`another ${action}`))
    }
    await writeFile(path, await readFile(join(directory, 'other.jsonl')))
    expect(await verifyAuditFile(path)).toMatchObject({ isIntact: true, entries: 3 })
    expect(await verifyAuditFile(path, { head: file.head })).toMatchObject({
      isIntact: false,
      line: 3,
      problem: 'is not the line that was written here',
    })
  })
})

test('a file that was put aside ends with the end of a line', async () => {
  await inTemporary(async (path) => {
    await using file = await openAuditFile(path, { bytesMax: 1 })
    for (const action of ['first', 'second']) await file.append(actionOf(action))
    const aside = `${path}.${'1'.padStart(16, '0')}`
    await appendFile(aside, 'more')
    expect(await verifyAuditFile(path)).toMatchObject({
      isIntact: false,
      file: basename(aside),
      line: 2,
      problem: 'has no end, and is not in the newest file',
    })
  })
})

test('a line without an end is not read to its end', async () => {
  await inTemporary(async (path) => {
    await writeFile(path, 'x'.repeat(AUDIT_LINE_BYTES_MAX + 1), { mode: 0o600 })
    expect(await verifyAuditFile(path)).toMatchObject({
      isIntact: false,
      line: 1,
      problem: 'is too long for an audit line',
    })
    await expect(openAuditFile(path)).rejects.toMatchObject({ code: 'AUDIT_FILE_BROKEN' })
  })
  let reads = 0
  const endless = {
    read: (into: Uint8Array) => {
      reads++
      return Promise.resolve({ bytesRead: reads > 20 ? 0 : into.fill(0x78).length })
    },
  } as unknown as FileHandle
  expect(await followFile(endless, undefined, undefined)).toMatchObject({
    problem: 'is too long for an audit line',
  })
  expect(reads).toBeLessThan(4)
})
