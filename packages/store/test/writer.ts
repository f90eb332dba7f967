import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { delay, fromUtf8, systemClock } from '@bzzz/base'
import type { Store } from '../src/store.js'

const SCRIPT = fileURLToPath(new URL('children/writer.js', import.meta.url))

/** A process that writes into a store until it is killed. */
export interface Writer {
  readonly process: ChildProcess
  /** Its first line: `ready` and its epoch. */
  readonly ready: string
  /**
   * Stops the thread that acknowledges (Linux). A sync that is under way goes on in the kernel, and
   * nobody acknowledges what it answers.
   */
  freeze(): void
  kill(): Promise<void>
}

export interface WriterOptions {
  /** Default `keep`. */
  readonly syncs?: 'keep' | 'skip'
  /** Default 256 KiB. */
  readonly segmentBytes?: number
}

export const startWriter = async (
  directory: string,
  acknowledgements: string,
  { syncs = 'keep', segmentBytes = 256 * 1024 }: WriterOptions = {},
): Promise<Writer> => {
  const args = [SCRIPT, directory, acknowledgements, syncs, String(segmentBytes)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [ready] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => {
      throw new Error('the writer ended before it was ready')
    }),
  ])) as [string]
  return {
    process: child,
    ready,
    freeze: () => {
      child.kill('SIGSTOP')
      const until = performance.now() + 10_000
      while (stateOf(child.pid ?? 0) !== 'T')
        if (performance.now() > until) throw new Error('the writer did not stop')
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** State of a process's first thread, as Linux tells it behind the name in parentheses: `T` for stopped. */
const stateOf = (pid: number): string | undefined => {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  return stat[stat.lastIndexOf(')') + 2]
}

/** The whole lines of a file; none while there is no file. */
export const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []

type Position = readonly [epoch: number, step: number]

const positionOf = (text: string): Position => {
  const [epoch = 0, step = 0] = text.split('.').map(Number)
  return [epoch, step]
}

const isBefore = (a: Position, b: Position): boolean =>
  a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

/** What was acknowledged and is not there, or is there in an older version; and what is no value. */
export const lostOf = async (store: Store, file: string): Promise<string[]> => {
  const last = new Map<string, Position>()
  for (const line of linesOf(file)) {
    const [key = '', text = ''] = line.split(' ')
    last.set(key, positionOf(text))
  }
  const lost: string[] = []
  for (const [key, wanted] of last) {
    const record = await store.read(key)
    const text = record === undefined ? 'nothing' : (fromUtf8(record.value).split(' ')[0] ?? '')
    const isWhole = record !== undefined && /^\d+\.\d+$/.test(text) && record.key === key
    if (!isWhole || isBefore(positionOf(text), wanted))
      lost.push(`${key}: ${wanted.join('.')} was acknowledged, ${text} is there`)
  }
  return lost
}

/** Length of a file, 0 while there is none. */
export const bytesOf = (file: string): number =>
  statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Waits until a file has a length; fails after a bound. */
export const waitForBytes = async (file: string, bytes: number): Promise<void> => {
  const until = performance.now() + 60_000
  while (bytesOf(file) < bytes) {
    if (performance.now() > until) throw new Error(`${file} never had ${String(bytes)} bytes`)
    await delay(systemClock, 2)
  }
}
