import { readdir } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import type { DemoReport } from '../src/demo/run-demo.js'
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
})
