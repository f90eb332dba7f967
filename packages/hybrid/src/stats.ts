import { Histogram } from '@bzzz/telemetry'
import type { HybridMetrics, Quantiles } from './metrics.js'

const MICROSECONDS = 1_000

/** Counts of one side. */
export class SideStats {
  calls = 0
  errors = 0
  readonly latency = new Histogram()

  record(tookMs: number): void {
    this.latency.record(tookMs * MICROSECONDS)
  }

  get averageMs(): number {
    const { count, sum } = this.latency
    return count === 0 ? 0 : sum / count / MICROSECONDS
  }

  get errorRate(): number {
    return this.calls === 0 ? 0 : this.errors / this.calls
  }

  quantiles(): Quantiles {
    const at = (q: number): number | undefined => {
      const value = this.latency.quantile(q)
      return value === undefined ? undefined : value / MICROSECONDS
    }
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }
}

/** All counts of a hybrid: integers that calls raise. */
export class Stats {
  readonly mock = new SideStats()
  readonly real = new SideStats()
  fallbacks = 0
  recoveries = 0
  fallbackAnswers = 0
  unavailableReads = 0
  pendingWrites = 0
  shadowCompared = 0
  shadowMismatches = 0

  metrics(): HybridMetrics {
    const { mock, real } = this
    return {
      mock_requests: mock.calls,
      real_requests: real.calls,
      fallback_events: this.fallbacks,
      recovery_events: this.recoveries,
      avg_latency_mock: mock.averageMs,
      avg_latency_real: real.averageMs,
      error_rate_mock: mock.errorRate,
      error_rate_real: real.errorRate,
    }
  }
}
