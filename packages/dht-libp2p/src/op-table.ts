import type { StampedRecord } from '@bzzz/base'
import type { WriteOp } from './write-op.js'

/** What a record costs beside its key and value, bytes: an estimate. */
const OVERHEAD_BYTES = 1024

const sizeOf = ({ key, value }: StampedRecord): number => key.length + value.length + OVERHEAD_BYTES

/** The writes that are on their way, by key, in the order of their stamps. */
export class OpTable {
  readonly #ops = new Map<string, WriteOp[]>()
  #count = 0
  #bytes = 0

  get count(): number {
    return this.#count
  }

  /** Bytes of records that these operations keep in memory. */
  get bytes(): number {
    return this.#bytes
  }

  get all(): WriteOp[] {
    return [...this.#ops.values()].flat()
  }

  of(key: string): readonly WriteOp[] {
    return this.#ops.get(key) ?? []
  }

  isLive(op: WriteOp): boolean {
    return this.of(op.record.key).includes(op)
  }

  add(op: WriteOp): void {
    const { key } = op.record
    const list = this.#ops.get(key)
    if (list === undefined) this.#ops.set(key, [op])
    else list.push(op)
    this.#count++
    this.#bytes += sizeOf(op.record)
  }

  /** False when it was not there. */
  remove(op: WriteOp): boolean {
    const { key } = op.record
    const list = this.#ops.get(key)
    const index = list?.indexOf(op) ?? -1
    if (list === undefined || index < 0) return false
    list.splice(index, 1)
    if (list.length === 0) this.#ops.delete(key)
    this.#count--
    this.#bytes -= sizeOf(op.record)
    return true
  }
}
