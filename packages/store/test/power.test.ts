import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { laneCount, privileged } from '@bzzz-tooling/jest-preset/lane'
import { openFileStore } from '../src/node/file-store.js'
import { bytesOf, linesOf, lostOf, startWriter, waitForBytes } from './writer.js'

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' })
}

const reasonNotTo = (...commands: string[]): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  for (const command of commands)
    try {
      run('sh', '-c', `command -v ${command}`)
    } catch {
      return `needs ${command}`
    }
  const probe = mkdtempSync(join(tmpdir(), 'bzzz-mount-'))
  try {
    run('mount', '-t', 'tmpfs', 'tmpfs', probe)
    run('umount', probe)
    return undefined
  } catch {
    return 'needs the right to mount'
  } finally {
    rmSync(probe, { recursive: true })
  }
}

const root = mkdtempSync(join(tmpdir(), 'bzzz-power-'))
const mounted = new Set<string>()

const mount = (at: string, ...args: string[]): void => {
  mkdirSync(at, { recursive: true })
  run('mount', ...args, at)
  mounted.add(at)
}

const unmount = (at: string): void => {
  run('umount', at)
  mounted.delete(at)
}

afterAll(() => {
  for (const at of mounted) run('umount', '-l', at)
  rmSync(root, { recursive: true })
})

const open = (directory: string): ReturnType<typeof openFileStore> =>
  openFileStore({ directory, writer: 'node-a', ballastBytes: 0 })

const CUTS = laneCount(3, 60)

/** Sizes of a segment, in turns: the smaller, the more rolls and compactions are under way. */
const SEGMENT_BYTES = [256 * 1024, 48 * 1024, 16 * 1024]

/**
 * The ioctl of xfstests: the file system stops at once and its journal is not flushed. Prepared, so
 * that no process has to be started between the last acknowledgement and the cut.
 */
const prepareCut = (at: string): (() => Promise<void>) => {
  const child = spawn('xfs_io', ['-x', at], { stdio: ['pipe', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  return async () => {
    child.stdin.end('shutdown\n')
    await exited
    if (isWritable(at)) throw new Error(`${at} goes on after the power cut`)
  }
}

const isWritable = (at: string): boolean => {
  try {
    writeFileSync(join(at, 'probe'), '')
    return true
  } catch {
    return false
  }
}

interface Cuts {
  readonly lost: string[]
  /** Lines that were written after a power cut. */
  readonly late: string[]
  readonly acknowledged: number
}

/** What a failure leaves for whoever looks into it: the directory before recovery, and the report. */
const keepEvidence = (
  cut: number,
  before: string,
  acknowledgements: string,
  report: object,
): void => {
  const to = fileURLToPath(new URL(`../.results/power-cut-${String(cut)}`, import.meta.url))
  cpSync(before, to, { recursive: true })
  cpSync(acknowledgements, join(to, 'acknowledgements.txt'))
  writeFileSync(join(to, 'report.json'), JSON.stringify(report, undefined, 2))
}

/** Cuts the power under a writer `cuts` times; returns what was lost and how much was acknowledged. */
const cutPower = async (name: string, cuts: number, syncs: 'keep' | 'skip'): Promise<Cuts> => {
  const [image, at] = [join(root, `${name}.img`), join(root, name)]
  const [acknowledgements, before] = [join(root, `${name}.txt`), join(root, `${name}-before`)]
  run('truncate', '-s', '96M', image)
  run('mkfs.ext4', '-q', image)
  const lost: string[] = []
  const late: string[] = []
  for (let cut = 0; cut < cuts; cut++) {
    mount(at, '-o', 'loop', image)
    const from = bytesOf(acknowledgements)
    const segmentBytes = SEGMENT_BYTES[cut % SEGMENT_BYTES.length] ?? 0
    const writer = await startWriter(join(at, 'store'), acknowledgements, { syncs, segmentBytes })
    const cutNow = prepareCut(at)
    await waitForBytes(acknowledgements, from + 10_000 + cut * 370)
    // Without power nobody acknowledges. The ioctl stops the file system alone: jbd2 answers a
    // fdatasync that was under way with success when it comes to look after the transaction was
    // aborted, so a writer that lived on would acknowledge a batch that never reached the journal.
    writer.freeze()
    const lines = linesOf(acknowledgements).length
    await cutNow()
    late.push(...linesOf(acknowledgements).slice(lines))
    await writer.kill()
    unmount(at)
    mount(at, '-o', 'loop', image)
    rmSync(before, { recursive: true, force: true })
    cpSync(at, before, { recursive: true })
    const report = await recoverAndCompare(at, acknowledgements)
    if (report.lost.length > 0 && syncs === 'keep')
      keepEvidence(cut, before, acknowledgements, { ...report, segmentBytes })
    lost.push(...report.lost)
    unmount(at)
  }
  return { lost, late, acknowledged: linesOf(acknowledgements).length }
}

const recoverAndCompare = async (
  at: string,
  acknowledgements: string,
): Promise<{ readonly lost: string[]; readonly epoch?: number; readonly size?: number }> => {
  try {
    const store = await open(join(at, 'store'))
    const lost = await lostOf(store, acknowledgements)
    const { epoch, size } = store
    await store.stop()
    return { lost, epoch, size }
  } catch (error) {
    return {
      lost: [`${String(error)} ${JSON.stringify((error as { details?: unknown }).details)}`],
    }
  }
}

privileged(
  'store: power cut under load',
  reasonNotTo('mkfs.ext4', 'xfs_io', 'mount', 'truncate'),
  () => {
    test(`power cut x ${String(CUTS)} under load: nothing acknowledged is lost`, async () => {
      const { lost, late, acknowledged } = await cutPower('synced', CUTS, 'keep')
      expect(lost).toEqual([])
      expect(late).toEqual([])
      expect(acknowledged).toBeGreaterThan(CUTS * 600)
    }, 900_000)

    test('the same without syncs loses records, so the test can see a loss', async () => {
      const { lost } = await cutPower('unsynced', 1, 'skip')
      expect(lost.length).toBeGreaterThan(0)
    }, 60_000)
  },
)

privileged('store: full disk', reasonNotTo('mount'), () => {
  test('a full tmpfs: reads only, nothing acknowledged is lost, and on again with space', async () => {
    const at = join(root, 'full')
    mount(at, '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs')
    const options = { directory: join(at, 'store'), writer: 'node-a', ballastBytes: 1024 * 1024 }
    const store = await openFileStore(options)
    const written: string[] = []
    const put = async (key: string): Promise<void> => {
      await store.append({ key, value: new Uint8Array(100_000).fill(1) }, { opId: key }).committed
      written.push(key)
    }
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) await put(`key-${String(i)}`)
    }
    await expect(fill()).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(store.state).toBe('read-only')
    expect(written.length).toBeGreaterThan(50)
    expect((await store.read('key-7'))?.value.length).toBe(100_000)
    run('mount', '-o', 'remount,size=32m', at)
    const until = Date.now() + 5000
    while (store.state !== 'ready' && Date.now() < until)
      await new Promise((resolve) => setImmediate(resolve))
    expect(store.state).toBe('ready')
    await put('after')
    await store.stop()
    const again = await openFileStore(options)
    for (const key of written) expect((await again.read(key))?.value.length).toBe(100_000)
    expect(again.size).toBe(written.length)
    await again.stop()
    unmount(at)
  }, 60_000)
})
