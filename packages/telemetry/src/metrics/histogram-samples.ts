import type { Labels } from './family.js'
import type { Histogram } from './histogram.js'
import type { MetricSample } from './metric.js'

/** Powers of two up to which a histogram's values are counted in the exposition: 1, 4, 16, … 2^32. */
const EXPONENTS = Array.from({ length: 17 }, (_, i) => i * 2)

/** A histogram as cumulative buckets, sum and count; `scale` is what one recorded unit is. */
export const histogramSamples = (
  labels: Labels,
  histogram: Histogram,
  scale: number,
): MetricSample[] => [
  ...EXPONENTS.map((exponent) => ({
    suffix: '_bucket',
    labels: { ...labels, le: String(Number((2 ** exponent * scale).toPrecision(12))) },
    value: histogram.countUpTo(exponent),
  })),
  { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: histogram.count },
  { suffix: '_sum', labels, value: histogram.sum * scale },
  { suffix: '_count', labels, value: histogram.count },
]
