import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { DemoReport } from '../src/demo/run-demo.js'
import { isRunning } from '../src/data/runtime-file.js'
import { BZZZ_BIN, cleanEnvironment } from '../src/process/coordinator-process.js'
import { waitFor } from '../src/process/wait-for.js'
import { bzzz, temporaryDirectory } from './support/daemon.js'

describe('bzzz demo', () => {
  test('three processes, one killed: nothing lost, reads go on, and nothing is left behind', async () => {
    await using temporary = await temporaryDirectory()
    const result = await bzzz(['demo', '--nodes', '3', '--load-ms', '1000', '--json'], {
      env: { TMPDIR: temporary.path },
    })
    expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining('SIGKILL') })
    const report = JSON.parse(result.stdout) as DemoReport
    expect(report).toMatchObject({ nodes: 3, lost: 0 })
    expect(report.documents.files).toBeGreaterThan(5)
    expect(report.acknowledged).toBeGreaterThan(0)
    expect(report.reads.succeeded).toBeGreaterThan(0)
    expect(report.reads.longestGapMs).toBeLessThan(5_000)
    expect(report.steps.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['node-3 killed with SIGKILL', 'node-3 caught up']),
    )
    expect(await readdir(temporary.path)).toEqual([])
  })

  test('interrupted, it takes its processes and data with it', async () => {
    await using temporary = await temporaryDirectory()
    const demo = spawn(process.execPath, [BZZZ_BIN, 'demo', '--nodes', '2'], {
      env: { ...cleanEnvironment(), TMPDIR: temporary.path },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const runtimes = async (): Promise<readonly string[]> => {
      const names = await readdir(temporary.path, { recursive: true })
      return names.filter((name) => name.endsWith('coordinator.json'))
    }
    const files = await waitFor('both nodes up', async () => {
      const found = await runtimes()
      return found.length === 2 && found
    })
    const pids = await Promise.all(
      files.map(async (name) => {
        const text = await readFile(join(temporary.path, name), 'utf8')
        return (JSON.parse(text) as { pid: number }).pid
      }),
    )
    demo.kill('SIGINT')
    const [code] = await once(demo, 'close')
    expect(code).toBe(130)
    expect(await readdir(temporary.path)).toEqual([])
    expect(pids.map(isRunning)).toEqual([false, false])
  })
})
