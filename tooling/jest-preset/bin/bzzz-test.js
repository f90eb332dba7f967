#!/usr/bin/env node
// Runs Jest for the package in the current folder and leaves its counts in .results/,
// where the test lane sums them up (and turbo replays them from its cache).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// A suite that leaves a handle open would keep Jest, and with it the lane, waiting for ever.
const lingerMs = 30_000
const minuteMs = 60_000
// Far above what any suite takes; what reaches it hangs.
const limitMs = process.env.BZZZ_LANE === 'long' ? 240 * minuteMs : 15 * minuteMs

const require = createRequire(import.meta.url)
const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js')
const extra = process.argv.slice(2)
const results = '.results/jest.json'

rmSync('.results', { recursive: true, force: true })
mkdirSync('.results', { recursive: true })
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--runInBand',
    ...(extra.length === 0 ? ['--json', `--outputFile=${results}`] : extra),
  ],
  // With --json, Jest prints the JSON on stdout as well; what people read is on stderr.
  { stdio: ['ignore', extra.length === 0 ? 'ignore' : 'inherit', 'inherit'] },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))

const startedMs = performance.now()
let doneSinceMs
let complaint
const watch = setInterval(() => {
  const nowMs = performance.now()
  if (existsSync(results)) doneSinceMs ??= nowMs
  if (doneSinceMs !== undefined && nowMs - doneSinceMs > lingerMs) {
    complaint = `the tests ended ${lingerMs / 1000} s ago and something they started still runs`
  } else if (nowMs - startedMs > limitMs) {
    complaint = `the tests did not end within ${limitMs / minuteMs} minutes`
  }
  if (complaint !== undefined) child.kill('SIGKILL')
}, 1_000)

child.on('exit', (code) => {
  clearInterval(watch)
  if (complaint !== undefined) console.error(complaint)
  process.exitCode = complaint === undefined ? (code ?? 1) : 1
})
