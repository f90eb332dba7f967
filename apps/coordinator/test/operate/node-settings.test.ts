import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ManualClock } from '@bzzz/base'
import { silentLogger } from '@bzzz/telemetry'
import { readOverrides } from '../../src/data/overrides-file.js'
import { AuditService } from '../../src/operate/audit-service.js'
import { NodeSettings } from '../../src/operate/node-settings.js'
import { waitFor } from '../../src/process/wait-for.js'
import { temporaryDirectory } from '../support/daemon.js'

const createSettings = (directory: string, clock: ManualClock): NodeSettings =>
  new NodeSettings({
    components: { dht: { mode: 'mock', percent: 100 } },
    overridesFile: join(directory, 'overrides.json'),
    domain: directory,
    audit: new AuditService(join(directory, 'audit.jsonl'), silentLogger),
    clock,
    log: silentLogger,
  })

const OVERRIDE = { mode: 'hybrid', percent: 10, actor: 'operator' } as const

test('an override outlasts the process, with its end; what ended meanwhile is gone', async () => {
  await using directory = await temporaryDirectory()
  const clock = new ManualClock(1_000_000)
  const first = createSettings(directory.path, clock)
  await first.override('dht', { ...OVERRIDE, untilMs: 1_060_000 }, 'operator')
  first.release()

  const second = createSettings(directory.path, clock)
  await second.load()
  expect(second.settingOf('dht')).toEqual({ mode: 'hybrid', percent: 10 })
  expect(second.sourceOf('dht')).toEqual({ mode: 'override', percent: 'override' })
  second.release()
  expect(clock.pendingTimers).toBe(0)

  clock.advance(60_000)
  const third = createSettings(directory.path, clock)
  await third.load()
  expect(third.settingOf('dht')).toEqual({ mode: 'mock', percent: 100 })
})

test('the end of an override is written down as well', async () => {
  await using directory = await temporaryDirectory()
  const clock = new ManualClock(1_000_000)
  const settings = createSettings(directory.path, clock)
  await settings.override('dht', { ...OVERRIDE, untilMs: 1_060_000 }, 'operator')
  clock.advance(60_000)
  const kept = await waitFor('the file without it', async () => {
    const now = await readOverrides(join(directory.path, 'overrides.json'))
    return now?.overrides.dht === undefined && now
  })
  expect(kept).toEqual({ version: 1, overrides: {} })
})

test('an override that cannot be kept is told as that, and is in force', async () => {
  await using directory = await temporaryDirectory()
  const settings = createSettings(join(directory.path, 'none'), new ManualClock())
  await expect(settings.override('dht', OVERRIDE, 'operator')).rejects.toMatchObject({
    code: 'OVERRIDE_NOT_KEPT',
  })
  expect(settings.settingOf('dht').mode).toBe('hybrid')
})

test.each(['', '{', '[]', '{"version":2,"overrides":{}}', '{"version":1,"overrides":{"dht":{}}}'])(
  'the file %j is refused, rather than half believed',
  async (text) => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, 'overrides.json'), text, { mode: 0o600 })
    const settings = createSettings(directory.path, new ManualClock())
    await expect(settings.load()).rejects.toMatchObject({ code: 'OVERRIDES_UNREADABLE' })
    expect(settings.settingOf('dht').mode).toBe('mock')
  },
)
