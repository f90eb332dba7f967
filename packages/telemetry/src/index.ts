export {
  AlertMonitor,
  type ActiveAlert,
  type AlertEvents,
  type AlertMonitorOptions,
} from './alerts/alert-monitor.js'
export {
  metricsOf,
  type AlertRule,
  type AlertSeverity,
  type Comparator,
  type Condition,
  type Term,
} from './alerts/alert-rule.js'
export { ALERT_RULES } from './alerts/alert-rules.js'
export { formatPrometheusRules, promExpression } from './alerts/prometheus-rules.js'
export {
  NO_ALERTS,
  stepAlerts,
  type AlertState,
  type AlertStepEvent,
  type HeldAlert,
} from './alerts/step-alerts.js'
export type {
  AuditedAction,
  AuditedAttempt,
  AuditedResult,
  AuditedValue,
  AuditedWrite,
  AuditEntry,
  AuditSink,
} from './audit/audit-entry.js'
export { audited, type AuditOptions } from './audit/audited.js'
export { TELEMETRY_ERRORS, telemetryError } from './errors.js'
export type { HealthComponent, HealthProbe } from './health/health-check.js'
export {
  DEFAULT_HEALTH_DEADLINE_MS,
  DEFAULT_HEALTH_INTERVAL_MS,
  HEALTH_COMPONENTS_MAX,
  HealthMonitor,
  type HealthChange,
  type HealthMonitorOptions,
} from './health/health-monitor.js'
export {
  worstOf,
  type HealthBackend,
  type HealthState,
  type HealthStatus,
} from './health/health-status.js'
export {
  stepHealth,
  UNCHECKED,
  type CheckOutcome,
  type HealthPolicy,
  type HealthRecord,
} from './health/health-step.js'
export { registerStoreState } from './health/store-state.js'
export {
  LOG_LEVELS,
  silentLogger,
  type LogFields,
  type Logger,
  type LogLevel,
} from './log/logger.js'
export { printable, REDACTED, redactor, SECRET_NAMES } from './log/redact.js'
export { HYBRID_METRICS, PORT_METRICS, STORE_METRICS } from './metric-names.js'
export { Family, LABEL_CHARS_MAX, LABEL_SETS_MAX, OTHER, type Labels } from './metrics/family.js'
export { Histogram } from './metrics/histogram.js'
export type { Counter, Gauge, MetricSample, MetricSnapshot, MetricType } from './metrics/metric.js'
export { METRICS_MAX, MetricRegistry, type HistogramOptions } from './metrics/registry.js'
export type { Observed, ObservedMetric } from './metrics/observation.js'
export { instrument, type InstrumentOptions } from './port/instrument.js'
export { PortMetrics } from './port/port-metrics.js'
