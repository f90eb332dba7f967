import { baseError, Emitter, type ManualClock, type ModeSetting } from '@bzzz/base'
import type { HybridControls, HybridEvents, SetModeOptions } from '@bzzz/hybrid'
import { FlagSources } from '@bzzz/hybrid/flags'
import type { AuditEntry } from '@bzzz/telemetry'
import { Audit } from '../../src/operate/audit.js'
import type { Component } from '../../src/operate/component.js'
import type { Drill } from '../../src/operate/drill.js'
import type { SettingSources } from '../../src/operate/setting-sources.js'

/** A hybrid whose changes of mode end when told to, and drills that are only noted. */
export const fakeComponent = (
  name = 'dht',
  setting: ModeSetting = { mode: 'hybrid', percent: 100 },
) => {
  const emitter = new Emitter<HybridEvents>((error) => {
    throw error
  })
  const calls: { readonly to: Partial<ModeSetting>; readonly options: SetModeOptions }[] = []
  const state = {
    setting,
    gate: Promise.resolve(),
    drill: undefined as Drill | undefined,
    letters: ['lost'],
  }
  const controls = {
    component: name,
    get setting() {
      return state.setting
    },
    serving: 'real',
    phase: 'real',
    isComplete: true,
    setMode: async (to: Partial<ModeSetting>, options: SetModeOptions = {}) => {
      calls.push({ to, options })
      await state.gate
      state.setting = { ...state.setting, ...to }
    },
    on: emitter.on.bind(emitter),
    health: () => ({ reason: undefined }),
    backlog: () => ({ keys: 1, bytes: 2, bytesMax: 3 }),
    deadLetters: () => [],
    retry: (key: string) => state.letters.includes(key),
  } as unknown as HybridControls
  const drills = {
    use: (drill: Drill | undefined) => {
      state.drill = drill
    },
  }
  const component: Component = { name, controls, drills }
  return { component, calls, state, emitter }
}

/** An audit file in memory, which fails when told to. */
export const fakeAudit = (clock: ManualClock) => {
  const entries: AuditEntry[] = []
  const state = { isFailing: false }
  const sink = {
    append: (entry: AuditEntry) => {
      if (state.isFailing) throw baseError('INVALID_ARGUMENT', 'the disk is full')
      entries.push(entry)
    },
  }
  return { audit: new Audit(sink, clock), entries, state }
}

export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve()
}

/** A configuration that says hybrid in the environment, with overrides that no file keeps. */
export const fakeSources = (clock: ManualClock): SettingSources => {
  const sources = new FlagSources({ components: { dht: { mode: 'mock', percent: 100 } }, clock })
  sources.configure('dht', { env: { mode: 'hybrid', percent: 100 } })
  return {
    sourceOf: (name) => sources.sourceOf(name),
    overrideOf: (name) => sources.overrideOf(name),
    settingWith: (name, override) => sources.settingWith(name, override),
    override: (name, override, actor) => {
      if (override === undefined) sources.clear(name, { actor })
      else sources.override(name, override)
      return Promise.resolve()
    },
  }
}
