import { codeOf } from '@bzzz/base'
import type { MetricRegistry } from '../src/metrics/registry.js'

/** Lets everything run that waits for promises only. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** The code of what the call throws; undefined when it does not. */
export const thrownCode = (call: () => unknown): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error) ?? `no code: ${String(error)}`
  }
}

/** Values of a metric's samples, by the label values named, joined by spaces. */
export const valuesOf = (
  registry: MetricRegistry,
  name: string,
  labelNames: readonly string[],
): Record<string, number> =>
  Object.fromEntries(
    registry
      .collect()
      .flatMap((metric) => metric.samples.map((sample) => ({ ...sample, metric: metric.name })))
      .filter(({ metric, suffix }) => metric + suffix === name)
      .map(({ labels, value }) => [
        labelNames.flatMap((label) => labels[label] ?? []).join(' '),
        value,
      ]),
  )
