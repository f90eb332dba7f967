import type { Level, ModeSetting } from '@bzzz/base'
import type { HybridControls } from '@bzzz/hybrid'

/** What a write was told. */
export interface Written {
  readonly outcome: 'acknowledged' | 'pending'
  readonly level: Level
}

/** One node of a mesh, through one port: whatever the port writes and reads, by a name and a text. */
export interface MeshNode {
  readonly controls: HybridControls
  write(name: string, text: string, level?: Level): Promise<Written>
  /** The text; undefined where there is none. Rejects with the port's "unavailable". */
  read(name: string, level?: Level): Promise<string | undefined>
}

export interface MeshOptions {
  readonly count: number
  readonly setting: ModeSetting
}

/** Nodes with both sides of a port, on a simulated network and in simulated time. */
export interface Mesh extends AsyncDisposable {
  readonly nodes: readonly MeshNode[]
  /** Milliseconds. */
  now(): number
  /** Lets time pass until the call has an answer. */
  run<T>(work: () => Promise<T>): Promise<T>
  pass(ms: number): Promise<void>
  /** Lets time pass until it holds; rejects after the bound. */
  until(condition: () => boolean, boundMs: number): Promise<void>
  /** Nobody can reach these nodes and they reach nobody, each. */
  isolate(...indexes: readonly number[]): void
  /** Two halves: these nodes, and all others. */
  split(indexes: readonly number[]): void
  /** What this node sends is lost; what the others send arrives. */
  mute(index: number): void
  heal(): void
  /** The process stands still. */
  freeze(index: number): void
  thaw(index: number): void
}

/** A port that has a mock, a real implementation and their hybrid: a row of the test matrix. */
export interface PortRow {
  /** As the matrix calls it. */
  readonly component: string
  readonly createMesh: (options: MeshOptions) => Promise<Mesh>
}
