import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { discover, markdownOf } from '../src/discover.js'
import { section, withSection } from '../src/section.js'
import { interleave, percentile, summarize, table } from '../src/stats.js'

const manifest = (name: string, scripts: object): string => JSON.stringify({ name, scripts })

const inTemporaryFolder = (use: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'bzzz-bench-'))
  try {
    use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('statistics', () => {
  test('nearest-rank percentiles', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1)
    expect(percentile(sorted, 0.5)).toBe(50)
    expect(percentile(sorted, 0.99)).toBe(99)
    expect(percentile(sorted, 1)).toBe(100)
    expect(percentile(sorted, 0)).toBe(1)
    expect(() => percentile([], 0.5)).toThrow(RangeError)
  })

  test('samples are sorted as numbers, and left as they are', () => {
    const samples = [10, 9, 100, 1]
    expect(summarize(samples)).toEqual({ count: 4, p50: 9, p99: 100, mean: 30, min: 1, max: 100 })
    expect(samples).toEqual([10, 9, 100, 1])
  })

  test('rounds are interleaved, each from another start', async () => {
    const order: string[] = []
    const of = (name: string) => ({
      name,
      run: (round: number) => {
        order.push(name)
        return [round]
      },
    })
    const samples = await interleave([of('a'), of('b')], 3)
    expect(order.join('')).toBe('abbaab')
    expect(samples.get('a')).toEqual([0, 1, 2])
  })

  test('tables', () => {
    expect(table(['what', 'ms'], [['a|b', 1]])).toBe('| what | ms |\n| --- | ---: |\n| a\\|b | 1 |')
  })
})

describe('docs/benchmarks.md', () => {
  test('a section replaces its predecessor and leaves the others alone', () => {
    const two = withSection(withSection('# B\n', 'dht', 'one'), 'store', 'two')
    const again = withSection(two, 'dht', 'three')
    expect(again).toContain('three')
    expect(again).not.toContain('one')
    expect(again).toContain('two')
    expect(again.indexOf('bench:dht')).toBeLessThan(again.indexOf('bench:store'))
  })

  test('broken markers are told, not guessed', () => {
    expect(() => withSection('<!-- bench:dht -->', 'dht', 'x')).toThrow('markers')
    expect(() => withSection('', '../x', 'x')).toThrow(RangeError)
  })

  test('a written section names command, date and machine', () => {
    inTemporaryFolder((folder) => {
      const path = join(folder, 'docs/benchmarks.md')
      section('dht', '| a |', { path, nowMs: 0 })
      const text = readFileSync(path, 'utf8')
      expect(text).toContain('`pnpm bench dht`, 1970-01-01')
      expect(text).toContain(`Node ${process.versions.node}`)
      expect(text).toContain('| a |')
    })
  })
})

test('what a benchmark prints before its first table stays out', () => {
  expect(markdownOf('warming up\n### 256 B\n\n| a |\n')).toBe('### 256 B\n\n| a |')
  expect(markdownOf('plain')).toBe('```text\nplain\n```')
})

test('programs and packages with a bench script are found', () => {
  inTemporaryFolder((root) => {
    for (const folder of ['tooling/bench', 'packages/store', 'packages/base']) {
      mkdirSync(join(root, folder), { recursive: true })
    }
    for (const file of ['run.js', 'jest.config.js', 'dht.js']) {
      writeFileSync(join(root, 'tooling/bench', file), '')
    }
    writeFileSync(
      join(root, 'packages/store/package.json'),
      manifest('@bzzz/store', { bench: 'x' }),
    )
    writeFileSync(join(root, 'packages/base/package.json'), manifest('@bzzz/base', {}))
    expect(discover(root).map(({ name }) => name)).toEqual(['dht', 'store'])
  })
})
