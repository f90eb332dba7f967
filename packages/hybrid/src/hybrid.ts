import type { Clock, ModeSetting, Port, Random, Replicates, Startable } from '@bzzz/base'
import type { Store } from '@bzzz/store'
import type { HybridControls } from './controls.js'
import type { Explained } from './explain.js'
import type { RealSide } from './real-side.js'
import type { Tuning } from './tuning.js'

/** A port that a hybrid can be made of. */
export type Switchable = Startable & Replicates & { readonly contract: string }

/** Remembers over restarts whether the store holds all that the mesh held when it was left. */
export interface Completeness {
  load(): Promise<boolean>
  save(isComplete: boolean): Promise<void>
}

export interface HybridOptions<I> {
  /** Its name in events, metrics and health: `dht`. */
  readonly component: string
  /** The embedded side, over {@link store}. The hybrid starts and stops it. */
  readonly mock: I
  /** Makes a real side over {@link store}; called on leaving mode `mock`, and once at a time. */
  readonly real: () => RealSide<I>
  /** The node's one store, started; not stopped by the hybrid. */
  readonly store: Store
  /** The mode at the start. */
  readonly setting: ModeSetting
  /** Default: in memory, and complete at first. */
  readonly completeness?: Completeness | undefined
  /** Position of a key in the rollout, 0 to 99.99. Default: a stable hash, alike on all nodes. */
  readonly cohortOf?: ((key: string) => number) | undefined
  readonly tuning?: Partial<Tuning> | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Default: the system's. */
  readonly random?: Random | undefined
  /** Hears what a listener of the hybrid's events throws. Default: nobody. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

type Last<A extends readonly unknown[]> =
  Required<A> extends readonly [...unknown[], infer L] ? L : never
type Init<A extends readonly unknown[]> =
  Required<A> extends readonly [...infer F, unknown] ? F : never

/** Reads take `{ explain: true }` and then tell where the answer came from. */
type Explaining<F> = F extends (...args: infer A) => Promise<infer R>
  ? (
      ...args: [...Init<A>, NonNullable<Last<A>> & { readonly explain: true }]
    ) => Promise<Explained<R>>
  : unknown

type ReadName<I, P extends Port<I>> = {
  [K in keyof P['ops']]: P['ops'][K] extends { readonly kind: 'read'; isMiss: unknown } ? K : never
}[keyof P['ops']] &
  keyof I

/** The port itself, with the controls beside its methods. */
export type HybridOf<I, P extends Port<I>> = I & {
  readonly [K in ReadName<I, P>]: I[K] & Explaining<I[K]>
} & { readonly controls: HybridControls }
