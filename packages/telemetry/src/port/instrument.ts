import { baseError, standIn, type Clock, type Method, type Port } from '@bzzz/base'
import { OpMeter } from './op-meter.js'
import type { PortMetrics } from './port-metrics.js'

export interface InstrumentOptions {
  /** Label of the metrics: `dht`. */
  readonly component: string
  readonly clock: Clock
  /**
   * One call in so many is timed; all are counted. Timing reads the clock twice, which for a call
   * that is served from memory costs more than the call. Default 1.
   */
  readonly sampleEvery?: number
}

type Kind = 'read' | 'write' | 'stream' | 'subscribe'

const measured = (impl: object, name: string, kind: Kind, meter: OpMeter): Method => {
  const method = (): Method => (impl as Record<string, Method>)[name] as Method
  if (kind === 'stream') return (...args) => meter.items(method(), impl, args)
  if (kind === 'subscribe') return (...args) => meter.subscribe(method(), impl, args)
  return (...args) => meter.answer(method(), impl, args)
}

/**
 * An implementation whose calls are counted and timed, method by method as the op table lists them;
 * every other member is that of the implementation. Outcomes are judged as the port judges them.
 * Throws `INVALID_ARGUMENT` for a `sampleEvery` that is no integer from 1.
 */
export const instrument = <I extends object>(
  port: Pick<Port<I>, 'judge' | 'ops'>,
  impl: I,
  metrics: PortMetrics,
  options: InstrumentOptions,
): I => {
  const { component, clock, sampleEvery = 1 } = options
  if (!Number.isInteger(sampleEvery) || sampleEvery < 1)
    throw baseError('INVALID_ARGUMENT', 'sampleEvery must be an integer from 1')
  const judge = (error: unknown): ReturnType<Port<I>['judge']> => port.judge(error)
  const rows = Object.entries(port.ops as Readonly<Record<string, { readonly kind: Kind }>>)
  const methods = rows
    // An optional method that this implementation lacks stays absent.
    .filter(([op]) => typeof Reflect.get(impl, op) === 'function')
    .map(([op, { kind }]): [string, Method] => {
      const meter = new OpMeter(metrics, { component, op, clock, sampleEvery, judge })
      return [op, measured(impl, op, kind, meter)]
    })
  return standIn(impl, Object.fromEntries(methods))
}
