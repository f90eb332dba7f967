import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Time for a child to end by itself after an interrupt. */
const graceMs = 5_000

/**
 * @typedef {object} Children
 * @property {(command: string, args: string[], options: { cwd: string, env?: NodeJS.ProcessEnv }, onLine: (line: string) => void) => Promise<number>} run
 *   resolves to the exit code; 1 where a signal ended the child
 * @property {() => void} interrupt ends whatever runs, with everything that it started
 */

/** @type {(pid: number, signal: NodeJS.Signals) => void} */
const killGroup = (pid, signal) => {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}

/** Runs children one at a time, each in a process group of its own. @type {() => Children} */
export const createChildren = () => {
  /** @type {number | undefined} */
  let running
  let interrupted = false
  return {
    run: (command, args, options, onLine) =>
      new Promise((resolve, reject) => {
        if (interrupted) {
          resolve(1)
          return
        }
        const child = spawn(command, args, {
          ...options,
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        running = child.pid
        createInterface({ input: child.stdout }).on('line', onLine)
        createInterface({ input: child.stderr }).on('line', onLine)
        child.on('error', reject)
        child.on('close', (code) => {
          running = undefined
          resolve(code ?? 1)
        })
      }),
    interrupt: () => {
      interrupted = true
      const pid = running
      if (pid === undefined) return
      killGroup(pid, 'SIGINT')
      setTimeout(() => killGroup(pid, 'SIGKILL'), graceMs).unref()
    },
  }
}
