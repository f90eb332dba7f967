import type { AbortOptions, Listener, Port } from '@bzzz/base'
import type { HybridControls } from './controls.js'
import { Engine } from './engine.js'
import type { HybridOf, HybridOptions, Switchable } from './hybrid.js'
import { rowsOf, type Row } from './rows.js'

/** What every hybrid has beside the methods of its port. */
class Hybrid<I extends Switchable> {
  readonly engine: Engine<I>
  readonly #mock: I

  constructor(port: Port<I>, options: HybridOptions<I>) {
    this.engine = new Engine(port, options)
    this.#mock = options.mock
  }

  get controls(): HybridControls {
    return this.engine
  }

  get contract(): string {
    return this.#mock.contract
  }

  start(options?: AbortOptions): Promise<void> {
    return this.engine.start(options)
  }

  stop(): Promise<void> {
    return this.engine.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine.stop()
  }
}

type AnyHybrid = Hybrid<Switchable>

type Call = (this: AnyHybrid, ...args: readonly unknown[]) => unknown

const methodFor = (op: string, row: Row): Call => {
  switch (row.kind) {
    case 'read':
      return function (...args) {
        return this.engine.read(op, row, args)
      }
    case 'write':
      return function (...args) {
        return this.engine.write(op, row, args)
      }
    case 'stream':
      return function (...args) {
        return this.engine.stream(op, row, args)
      }
    default:
      return function (...args) {
        return this.engine.subscribe(op, row, args[0] as Listener<unknown>)
      }
  }
}

/** Members of the port that are no methods, as the id of the node: both sides have the same. */
const delegate = (prototype: object, names: readonly string[]): void => {
  for (const name of names)
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: AnyHybrid): unknown {
        return this.engine.member(name)
      },
    })
}

/** A hybrid's constructor. */
export type HybridClass<I extends Switchable, P extends Port<I>> = new (
  options: HybridOptions<I>,
) => HybridOf<I, P>

/**
 * `export const HybridDHT = defineHybrid(dhtPort, ['peerId'])`: a class that is the port, made of its
 * op table, with {@link HybridControls} as `controls`.
 *
 * @param members names of the port's members that are no methods; the embedded side answers for them
 */
export const defineHybrid = <I extends Switchable, P extends Port<I>>(
  port: P & Port<I>,
  members: readonly (keyof I & string)[] = [],
): HybridClass<I, P> => {
  const Defined = class extends Hybrid<I> {
    constructor(options: HybridOptions<I>) {
      super(port, options)
    }
  }
  for (const [op, row] of rowsOf(port))
    Object.defineProperty(Defined.prototype, op, {
      value: methodFor(op, row),
      writable: true,
      configurable: true,
    })
  delegate(Defined.prototype, members)
  Object.defineProperty(Defined, 'name', { value: `Hybrid${port.name}` })
  return Defined as unknown as HybridClass<I, P>
}
