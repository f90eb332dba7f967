import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  appendFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock, systemClock } from '@bzzz/base'
import { coordinatorFields } from '../src/coordinator-fields.js'
import type { Reload } from '../src/reload.js'
import { readConfig, readText } from '../src/node/read-config.js'
import { watchConfig, type ConfigWatch } from '../src/node/watch-config.js'
import { SETTLE_MS, watching as start, type Watching, type WatchingOptions } from './watching.js'

type F = typeof coordinatorFields.fields

let root = ''
let count = 0
const watches: ConfigWatch<F>[] = []

const watching = async (file: string, options?: WatchingOptions): Promise<Watching> => {
  const found = await start(file, options)
  watches.push(found.watch)
  return found
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bzzz-watch-'))
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop()
})
afterAll(() => rm(root, { recursive: true }))

const directory = async (): Promise<string> => {
  const path = join(root, String(++count))
  await mkdir(path)
  return path
}

const mode = (name: string, more = ''): string => `bzzz: { dht: { mode: ${name}${more} } }\n`

/** Writes beside and renames over, as editors do. */
const replace = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

describe('a change of the file is applied', () => {
  test('written in place', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('mock'))
    const { watch, told, until } = await watching(file)
    await writeFile(file, mode('hybrid', ', percent: 10'))
    await until('mode hybrid')
    expect(watch.loaded.config.dhtMode).toEqual({ mode: 'hybrid', percent: 10 })
    expect(watch.loaded.origins.dhtMode.place).toMatchObject({ source: 'file', file })
    await writeFile(file, mode('real'))
    await until('mode real')
    expect(told).toEqual(['mode hybrid', 'mode real'])
  })

  test('replaced by a rename, more than once', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('mock'))
    const { told, until } = await watching(file)
    for (const name of ['hybrid', 'shadow', 'mock']) {
      await replace(file, mode(name))
      await until(`mode ${name}`)
    }
    expect(told).toEqual(['mode hybrid', 'mode shadow', 'mode mock'])
  })

  test('as a mounted config map: the directory behind a link is another one at once', async () => {
    const mount = await directory()
    const file = join(mount, 'bzzz.yaml')
    const publish = async (version: string, text: string): Promise<void> => {
      await mkdir(join(mount, version))
      await writeFile(join(mount, version, 'bzzz.yaml'), text)
      await symlink(version, join(mount, '..data_tmp'))
      await rename(join(mount, '..data_tmp'), join(mount, '..data'))
    }
    await publish('..1', mode('mock'))
    await symlink(join('..data', 'bzzz.yaml'), file)
    const { until } = await watching(file)
    await publish('..2', mode('hybrid'))
    await until('mode hybrid')
    await rm(join(mount, '..1'), { recursive: true })
    await publish('..3', mode('real'))
    expect(await until('mode real')).toEqual(['mode hybrid', 'mode real'])
  })

  test('behind a link into another directory', async () => {
    const target = join(await directory(), 'real.yaml')
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(target, mode('mock'))
    await symlink(target, file)
    const { until } = await watching(file)
    await writeFile(target, mode('hybrid'))
    expect(await until('mode hybrid')).toEqual(['mode hybrid'])
  })

  test('made between loading and watching', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('mock'))
    const running = await readConfig(coordinatorFields, { file })
    await writeFile(file, mode('hybrid'))
    const applied = await new Promise<Reload<F>>((resolve) => {
      const watch = watchConfig(coordinatorFields, {
        file,
        running,
        clock: systemClock,
        settleMs: 20,
        onChange: resolve,
        onProblem: () => {},
      })
      watches.push(watch)
      void watch.start()
    })
    expect(applied.loaded.config.dhtMode.mode).toBe('hybrid')
  })

  test('where no event tells of it: it is looked at now and then', async () => {
    const parent = await directory()
    const at = (release: string): string => join(parent, release, 'bzzz.yaml')
    await mkdir(join(parent, '1'))
    await mkdir(join(parent, '2'))
    await writeFile(at('1'), mode('mock'))
    await writeFile(at('2'), mode('hybrid'))
    await symlink('1', join(parent, 'current'))
    const { clock, until } = await watching(at('current'))
    // The link lies above the watched directories.
    await symlink('2', join(parent, 'next'))
    await rename(join(parent, 'next'), join(parent, 'current'))
    clock.poll()
    expect(await until('mode hybrid')).toEqual(['mode hybrid'])
    // From then on the new directory is watched.
    await writeFile(at('2'), mode('real'))
    expect(await until('mode real')).toEqual(['mode hybrid', 'mode real'])
  })
})

describe('a file that cannot be used is refused whole', () => {
  test('it is told once, with its places, and the last good one stays in force', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('hybrid'))
    const { watch, told, until, untilRead } = await watching(file)
    const broken = 'bzzz:\n  dht:\n    mode: real\n    percent: 101\n'
    await writeFile(file, broken)
    await until('problem CONFIG_INVALID')
    expect(watch.problem?.message).toContain(
      `${file}:4:14: bzzz.dht.percent: 101 is out of range; write a number from 0 to 100`,
    )
    expect(watch.loaded.config.dhtMode.mode).toBe('hybrid')
    const again = untilRead()
    await replace(file, broken)
    await again
    await replace(file, mode('mock'))
    await until('mode mock')
    expect(watch.problem).toBeUndefined()
    expect(told).toEqual(['problem CONFIG_INVALID', 'good', 'mode mock'])
  })

  test('another problem is told again; back to the former text is good again, and no change', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('hybrid'))
    const { told, until } = await watching(file)
    await writeFile(file, mode('hybrit'))
    await until('problem CONFIG_INVALID')
    told.length = 0
    await writeFile(file, mode('{'))
    await until('problem CONFIG_INVALID')
    await writeFile(file, mode('hybrid'))
    await until('good')
    expect(told).toEqual(['problem CONFIG_INVALID', 'good'])
  })

  test('gone, and there again', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('hybrid'))
    const { watch, told, until } = await watching(file)
    await unlink(file)
    await until('problem CONFIG_FILE_UNREADABLE')
    expect(watch.loaded.config.dhtMode.mode).toBe('hybrid')
    await writeFile(file, mode('shadow'))
    await until('mode shadow')
    expect(told).toEqual(['problem CONFIG_FILE_UNREADABLE', 'good', 'mode shadow'])
  })

  test('with its directory, and both there again', async () => {
    const parent = await directory()
    const file = join(parent, 'sub', 'bzzz.yaml')
    await mkdir(join(parent, 'sub'))
    await writeFile(file, mode('hybrid'))
    const { clock, until } = await watching(file)
    await rm(join(parent, 'sub'), { recursive: true })
    await until('problem CONFIG_FILE_UNREADABLE')
    await mkdir(join(parent, 'sub'))
    await writeFile(file, mode('mock'))
    clock.poll()
    await until('mode mock')
    await writeFile(file, mode('real'))
    expect(await until('mode real')).toEqual([
      'problem CONFIG_FILE_UNREADABLE',
      'good',
      'mode mock',
      'mode real',
    ])
  })

  test('empty, as it is for a moment while it is written: never a return to the defaults', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('hybrid'))
    const { watch, until } = await watching(file)
    await writeFile(file, '')
    await until('problem CONFIG_FILE_UNREADABLE')
    expect(watch.problem?.message).toMatch(/it is empty$/)
    expect(watch.loaded.config.dhtMode.mode).toBe('hybrid')
  })

  test('unreadable for a reason of the machine: it is tried again without having changed', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('hybrid'))
    let isShort = false
    const { clock, until } = await watching(file, {
      read: (path) => {
        if (isShort) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
        return readText(path)
      },
    })
    isShort = true
    await writeFile(file, mode('real'))
    await until('problem CONFIG_FILE_UNREADABLE')
    isShort = false
    clock.poll()
    expect(await until('mode real')).toEqual([
      'problem CONFIG_FILE_UNREADABLE',
      'good',
      'mode real',
    ])
  })
})

describe('a file that is still being written', () => {
  test('is not judged', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('mock'))
    const parts: string[] = []
    const { watch, until } = await watching(file, {
      // Each read meets a part that alone is broken or says something else, and more is written at once.
      read: async (path) => {
        const text = await readText(path)
        const next = parts.shift()
        if (next !== undefined) await appendFile(path, next)
        return text
      },
    })
    parts.push('  dht:\n', '    mode: hybrid\n', '    percent: 4', '2\n')
    await writeFile(file, 'bzzz:\n')
    expect(await until('mode hybrid')).toEqual(['mode hybrid'])
    expect(watch.loaded.config.dhtMode.percent).toBe(42)
  })

  test('is given time to become complete before each read', async () => {
    const file = join(await directory(), 'bzzz.yaml')
    await writeFile(file, mode('mock'))
    const before: (number | undefined)[] = []
    let delays: readonly number[] = []
    const { clock, until } = await watching(file, {
      read: (path) => {
        before.push(delays.at(-1))
        return readText(path)
      },
    })
    delays = clock.delays
    before.length = 0
    await writeFile(file, mode('hybrid'))
    await until('mode hybrid')
    expect(new Set(before)).toEqual(new Set([SETTLE_MS]))
  })
})

test('what needs a restart is told, and not applied; taking it back ends that', async () => {
  const file = join(await directory(), 'bzzz.yaml')
  await writeFile(file, mode('mock'))
  const { watch, told, until } = await watching(file)
  await writeFile(file, mode('hybrid', ', replicas: 5, drain_per_s: 9'))
  await until('restart bzzz.dht.replicas')
  expect(told).toEqual(['mode hybrid', 'live drainPerS', 'restart bzzz.dht.replicas'])
  expect(watch.loaded.config).toMatchObject({ dhtReplicas: 3, drainPerS: 9 })
  await writeFile(file, mode('mock', ', drain_per_s: 9'))
  await until('mode mock')
  expect(watch.needsRestart).toEqual([])
})

test('variables and flags stay above the file', async () => {
  const file = join(await directory(), 'bzzz.yaml')
  await writeFile(file, mode('mock'))
  const { watch, told, until } = await watching(file, {
    env: { BZZZ_USE_REAL_DHT: 'false' },
    overrides: { 'dht-drain-per-s': '7' },
  })
  await writeFile(file, mode('real', ', drain_per_s: 8, dirty_bytes_max: 2MiB'))
  await until('live dirtyBytesMax')
  expect(told).toEqual(['live dirtyBytesMax'])
  expect(watch.loaded.config).toMatchObject({ dhtMode: { mode: 'mock' }, drainPerS: 7 })
})

test('a listener that throws stops nothing', async () => {
  const file = join(await directory(), 'bzzz.yaml')
  await writeFile(file, mode('mock'))
  const { until } = await watching(file, {
    onChange: () => {
      throw new Error('of the listener')
    },
  })
  await writeFile(file, mode('hybrid'))
  await until('mode hybrid')
  await writeFile(file, mode('real'))
  expect(await until('mode real')).toEqual(['mode hybrid', 'mode real'])
})

test('stopped while it waits, it ends at once and leaves no timer', async () => {
  const file = join(await directory(), 'bzzz.yaml')
  await writeFile(file, mode('mock'))
  const clock = new ManualClock()
  const running = await readConfig(coordinatorFields, { file })
  const watch = watchConfig(coordinatorFields, {
    file,
    running,
    clock,
    onChange: () => {},
    onProblem: () => {},
  })
  await watch.start()
  await watch.stop()
  expect(clock.pendingTimers).toBe(0)
})

test('without a file there is nothing to watch', async () => {
  const running = await readConfig(coordinatorFields, {})
  const watch = watchConfig(coordinatorFields, {
    running,
    clock: new ManualClock(),
    onChange: () => {},
    onProblem: () => {},
  })
  await watch.start()
  expect(watch.loaded).toBe(running)
  await watch.stop()
})
