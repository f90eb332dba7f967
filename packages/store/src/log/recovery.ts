import { fromHex, toHex, type Clock, type Disk, type Random } from '@bzzz/base'
import { storeError } from '../errors.js'
import type { Crc32 } from '../store-engine.js'
import { genesisHash, readSegmentHeader, SEGMENT_HEADER_BYTES } from './frame.js'
import { createIdentity, IDENTITY_FILE, readIdentity, type Identity } from './identity.js'
import { MANIFEST_FILE, readManifest, writeManifest, type Manifest } from './manifest.js'
import { readMark, type Mark, type MarkPlace } from './mark.js'
import {
  enterSegment,
  firstChain,
  SegmentWalk,
  type Chain,
  type LogFormat,
  type WalkSink,
} from './replay.js'
import { createSegment, damagedAt, Segment, segmentName, segmentNumber } from './segment.js'

export interface RecoveryOptions {
  readonly disk: Disk
  readonly markPlace: MarkPlace
  readonly writer: string
  readonly clock: Clock
  readonly random: Random
  readonly crc32: Crc32
  readonly sink: WalkSink
}

export interface Recovered {
  readonly format: LogFormat
  readonly chain: Chain
  readonly segments: Segment[]
  /** Greater than that of any file in the directory. */
  readonly nextNumber: number
}

/** A file of this size was not written by the store. */
const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024

const emptied = (mark: Mark, what: string): Error =>
  storeError(
    'STORE_EMPTIED',
    `${what}, but store ${mark.storeId} was here and acknowledged up to frame ${mark.frame}`,
    { details: { storeId: mark.storeId, frame: mark.frame } },
  )

const missing = (file: string): Error =>
  storeError('STORE_DAMAGED', `${file} is missing`, { details: { file } })

/** Whose directory this is; a fresh identity only where nothing says that there was one. */
const identify = async (
  options: RecoveryOptions,
  mark: Mark | undefined,
  names: readonly string[],
): Promise<Identity> => {
  const { disk, writer, random, clock } = options
  const identity = await readIdentity(disk)
  if (identity === undefined) {
    const isUsed = names.some((name) => name === MANIFEST_FILE || segmentNumber(name) !== undefined)
    if (isUsed) throw missing(IDENTITY_FILE)
    if (mark !== undefined) throw emptied(mark, 'the directory is empty')
    return createIdentity(disk, { writer, random, nowMs: clock.nowMs() })
  }
  if (identity.writer !== writer)
    throw storeError(
      'STORE_FOREIGN',
      `the directory belongs to node ${identity.writer}, and this node is ${writer}`,
      { details: { file: IDENTITY_FILE, writer: identity.writer } },
    )
  if (mark !== undefined && mark.storeId !== identity.storeId)
    throw storeError(
      'STORE_FOREIGN',
      `the directory holds store ${identity.storeId}, where store ${mark.storeId} is expected`,
      { details: { file: IDENTITY_FILE, storeId: identity.storeId, expected: mark.storeId } },
    )
  return identity
}

const listed = async (
  options: RecoveryOptions,
  format: LogFormat,
  mark: Mark | undefined,
  names: readonly string[],
): Promise<Manifest> => {
  const manifest = await readManifest(options.disk)
  if (manifest !== undefined) {
    if (manifest.storeId === format.storeId) return manifest
    throw storeError('STORE_FOREIGN', `${MANIFEST_FILE} belongs to another store`, {
      details: { file: MANIFEST_FILE, storeId: manifest.storeId },
    })
  }
  const hasSegments = names.some((name) => segmentNumber(name) !== undefined)
  if (mark !== undefined && !hasSegments) throw emptied(mark, 'the segments are gone')
  if (mark !== undefined || (await isBegun(options, names))) throw missing(MANIFEST_FILE)
  // The very first start was interrupted: there is an identity and at most an empty segment.
  await createSegment(options.disk, firstHeader(format), format.crc32).then(({ file }) =>
    file.close(),
  )
  const first: Manifest = { storeId: format.storeId, segments: [{ number: 1, kind: 'log' }] }
  await writeManifest(options.disk, first)
  return first
}

const firstHeader = (format: LogFormat): Parameters<typeof createSegment>[1] => ({
  tag: format.tag,
  storeId: format.storeId,
  number: 1,
  kind: 'log',
  startFrame: 0,
  startSeq: 0,
  startHash: genesisHash(format.storeId, 'log', 1),
})

/** True when a segment holds more than the header that creation writes. */
const isBegun = async (options: RecoveryOptions, names: readonly string[]): Promise<boolean> => {
  for (const name of names) {
    const number = segmentNumber(name)
    if (number === undefined) continue
    if (number !== 1) return true
    const bytes = await options.disk.readFile(name)
    if (bytes !== undefined && bytes.length > SEGMENT_HEADER_BYTES) return true
  }
  return false
}

const openSegments = async (
  disk: Disk,
  manifest: Manifest,
  names: readonly string[],
  mark: Mark | undefined,
): Promise<Segment[]> => {
  const present = new Set(names)
  const gone = manifest.segments.filter(({ number }) => !present.has(segmentName(number)))
  if (gone.length === manifest.segments.length && mark !== undefined)
    throw emptied(mark, 'the segments are gone')
  for (const { number } of gone) throw missing(segmentName(number))
  const segments: Segment[] = []
  try {
    for (const row of manifest.segments)
      segments.push(new Segment(row, await disk.open(segmentName(row.number))))
  } catch (error) {
    await closeSegments(segments)
    throw error
  }
  return segments
}

export const closeSegments = async (segments: Iterable<Segment>): Promise<void> => {
  for (const segment of segments) await segment.file.close().catch(() => {})
}

/** A file that no manifest names: what an interrupted step left behind, as a rule. */
interface Leftover {
  readonly name: string
  /** Number of the first frame that it holds; undefined where it holds none that belong to the chain. */
  readonly startFrame: number | undefined
}

/** Refuses what another store wrote. */
const findLeftovers = async (
  disk: Disk,
  format: LogFormat,
  manifest: Manifest,
): Promise<Leftover[]> => {
  const known = new Set(manifest.segments.map(({ number }) => number))
  const leftovers: Leftover[] = []
  for (const name of await disk.list()) {
    const number = segmentNumber(name)
    if (name.endsWith('.tmp')) leftovers.push({ name, startFrame: undefined })
    if (number === undefined || known.has(number)) continue
    const bytes = await disk.readFile(name)
    const header = bytes === undefined ? undefined : readSegmentHeader(bytes, format.crc32)
    if (header !== undefined && header.storeId !== format.storeId)
      throw storeError('STORE_FOREIGN', `${name} belongs to another store`, {
        details: { file: name, storeId: header.storeId },
      })
    const holdsFrames = bytes !== undefined && bytes.length > SEGMENT_HEADER_BYTES
    const isOfChain = header?.kind === 'log' && holdsFrames
    leftovers.push({ name, startFrame: isOfChain ? header.startFrame : undefined })
  }
  return leftovers
}

/**
 * Removes leftovers, once the log is known to be whole. Frames beyond its end are none: nothing is
 * written into a segment before the manifest names it, so the manifest is an older one.
 */
const removeLeftovers = async (
  disk: Disk,
  leftovers: readonly Leftover[],
  chain: Chain,
): Promise<void> => {
  for (const { name, startFrame } of leftovers)
    if (startFrame !== undefined && startFrame >= chain.nextFrame)
      throw storeError('STORE_ROLLED_BACK', `${MANIFEST_FILE} is older than ${name}`, {
        details: { file: MANIFEST_FILE, newer: name },
      })
  for (const { name } of leftovers) await disk.remove(name)
}

/** Compares what the log holds with what the mark says was acknowledged. */
class MarkCheck {
  readonly #mark: Mark | undefined

  constructor(mark: Mark | undefined) {
    this.#mark = mark
  }

  frame(number: number, hash: Uint8Array): void {
    if (this.#mark?.frame !== number || this.#mark.hash === toHex(hash)) return
    throw storeError(
      'STORE_ROLLED_BACK',
      `frame ${number} is not the one that was acknowledged: the directory went another way`,
      { details: { frame: number } },
    )
  }

  end(segment: Segment, chain: Chain, offset: number): void {
    if (this.#mark === undefined || chain.nextFrame > this.#mark.frame) return
    if (offset < segment.file.size) throw damagedAt(segment.name, offset, segment.file.size)
    throw storeError(
      'STORE_ROLLED_BACK',
      `${segment.name} ends with frame ${chain.nextFrame - 1}, but frame ${this.#mark.frame} was acknowledged`,
      { details: { file: segment.name, frame: chain.nextFrame - 1, expected: this.#mark.frame } },
    )
  }
}

/**
 * Reads the whole log and hands it to the sink. Refuses what is damaged, foreign, emptied or older
 * than acknowledged; drops the torn rest of a batch that never was.
 */
export const recover = async (options: RecoveryOptions): Promise<Recovered> => {
  const { disk, crc32, writer } = options
  const names = await disk.list()
  const mark = await readMark(options.markPlace)
  const identity = await identify(options, mark, names)
  const format: LogFormat = {
    storeId: identity.storeId,
    writer,
    tag: fromHex(identity.tag),
    crc32,
  }
  const manifest = await listed(options, format, mark, names)
  const leftovers = await findLeftovers(disk, format, manifest)
  const segments = await openSegments(disk, manifest, await disk.list(), mark)
  try {
    const chain = await replayAll(segments, format, options.sink, new MarkCheck(mark))
    await removeLeftovers(disk, leftovers, chain)
    const numbers = segments.map(({ number }) => number)
    return { format, chain, segments, nextNumber: Math.max(0, ...numbers) + 1 }
  } catch (error) {
    await closeSegments(segments)
    throw error
  }
}

const replayAll = async (
  segments: readonly Segment[],
  format: LogFormat,
  sink: WalkSink,
  check: MarkCheck,
): Promise<Chain> => {
  let chain = firstChain(format.storeId)
  for (const segment of segments) {
    const { size } = segment.file
    if (size > SEGMENT_BYTES_MAX) throw damagedAt(segment.name, SEGMENT_BYTES_MAX, size)
    const bytes = await segment.file.read(0, size)
    const isMerged = segment.kind === 'merged'
    const within = enterSegment(segment, bytes, format, chain)
    const walk = new SegmentWalk(segment, bytes, format, within, {
      item: (...args) => {
        sink.item(...args)
      },
      frame: ({ frame }, hash) => {
        if (!isMerged) check.frame(frame, hash)
      },
    })
    while (walk.step());
    if (!isMerged) chain = within
    if (segment !== segments.at(-1)) continue
    check.end(segment, chain, walk.offset)
    if (walk.offset < size) {
      await segment.file.truncate(walk.offset)
      await segment.file.sync()
    }
  }
  return chain
}
