#!/usr/bin/env node
// Runs Jest for the package in the current folder and leaves its counts in .results/,
// where the test lane sums them up (and turbo replays them from its cache).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// A suite that leaves a handle open would keep Jest, and with it the lane, waiting for ever.
const lingerMs = 30_000

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

let lingers = false
let doneSinceMs
const watch = setInterval(() => {
  if (!existsSync(results)) return
  doneSinceMs ??= performance.now()
  if (performance.now() - doneSinceMs < lingerMs) return
  lingers = true
  child.kill('SIGKILL')
}, 1_000)

child.on('exit', (code) => {
  clearInterval(watch)
  if (lingers) {
    console.error(`the tests ended ${lingerMs / 1000} s ago and something they started still runs`)
  }
  process.exitCode = lingers ? 1 : (code ?? 1)
})
