import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Batch } from './batch.js'

export interface RunOptions {
  /** Path of the worker: see `assemble`. */
  readonly worker: string
  readonly firstSeed: number
  /** So many seeds, or until this time, milliseconds since 1970. */
  readonly bound: { readonly seeds: number } | { readonly untilMs: number }
  readonly processes: number
  /** Only seeds whose plan has this fault. Default: all. */
  readonly fault?: string | undefined
  /** Hears of the sums so far. */
  readonly onProgress?: (sum: Batch) => void
}

const boundOf = ({ bound, processes }: RunOptions, index: number): string =>
  'untilMs' in bound
    ? `until:${bound.untilMs}`
    : String(Math.floor(bound.seeds / processes) + (index < bound.seeds % processes ? 1 : 0))

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })

/** Runs seeds in processes of their own; the first failure ends all of them. */
export const runSeeds = async (options: RunOptions): Promise<Batch> => {
  const { worker, firstSeed, processes, fault, onProgress } = options
  const sum = new Batch()
  const children = Array.from({ length: processes }, (_, index) => {
    const args = [String(firstSeed + index), String(processes), boundOf(options, index)]
    if (fault !== undefined) args.push(fault)
    return spawn(process.execPath, [worker, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  })
  const follow = async (child: (typeof children)[number]): Promise<void> => {
    const exit = exitOf(child)
    for await (const line of createInterface({ input: child.stdout })) {
      sum.join(JSON.parse(line) as Batch)
      onProgress?.(sum)
      if (sum.failures.length > 0) for (const other of children) other.kill()
    }
    const code = await exit
    if (code !== 0 && sum.failures.length === 0)
      throw new Error(`a worker of the simulation ended with code ${String(code)}`)
  }
  try {
    await Promise.all(children.map(follow))
  } finally {
    for (const child of children) child.kill()
  }
  return sum
}
