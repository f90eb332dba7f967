import type { ModeSetting } from '@bzzz/base'
import type { HybridControls, SetModeOptions } from '../../src/controls.js'

interface Entry {
  readonly setting: ModeSetting
  readonly reason: string | undefined
  readonly signal: AbortSignal | undefined
  finish(): void
  fail(error: Error): void
}

/** Controls that enter modes when the test says so, or at once. */
export class FakeControls {
  setting: ModeSetting
  /** Every call, in its order. */
  readonly entries: Entry[] = []
  /** False: `finish` and `fail` of an entry end it. */
  isPrompt = true
  /** True: an aborted entry goes on until the test ends it. */
  isDeaf = false

  constructor(setting: ModeSetting = { mode: 'mock', percent: 100 }) {
    this.setting = setting
  }

  /** As the interface that a follower takes; it uses nothing else of it. */
  get controls(): HybridControls {
    return this as unknown as HybridControls
  }

  /** `hybrid 10`, in the order of the calls. */
  get asked(): readonly string[] {
    return this.entries.map(({ setting: { mode, percent } }) => `${mode} ${percent}`)
  }

  setMode(wanted: Partial<ModeSetting>, { reason, signal }: SetModeOptions = {}): Promise<void> {
    const setting = { ...this.setting, ...wanted }
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        this.setting = setting
        resolve()
      }
      const fail = (error: Error): void => {
        reject(error)
      }
      signal?.addEventListener('abort', () => {
        if (!this.isDeaf) fail(Object.assign(new Error('aborted'), { code: 'ABORTED' }))
      })
      this.entries.push({ setting, reason, signal, finish, fail })
      if (this.isPrompt) finish()
    })
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}
