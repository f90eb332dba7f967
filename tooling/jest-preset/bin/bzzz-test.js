#!/usr/bin/env node
// Runs Jest for the package in the current folder and leaves its counts in .results/,
// where the test lane sums them up (and turbo replays them from its cache).
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js')
const extra = process.argv.slice(2)

rmSync('.results', { recursive: true, force: true })
mkdirSync('.results', { recursive: true })
const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--runInBand',
    ...(extra.length === 0 ? ['--json', '--outputFile=.results/jest.json'] : extra),
  ],
  { stdio: ['ignore', extra.length === 0 ? 'ignore' : 'inherit', 'inherit'] },
)
process.exit(result.status ?? 1)
