import { defineErrors, type ErrorFactory, type ErrorRow } from '@bzzz/base'

/** Error codes of this package. All are mistakes of the program that uses it. */
export const TELEMETRY_ERRORS = {
  METRIC_NAME_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'The name of a metric or of a label is not one that Prometheus takes.',
    remedy: 'Use letters, digits and underscores, and do not start with a digit.',
  },
  METRIC_NAME_TAKEN: {
    verdict: 'answered',
    http: 500,
    meaning: 'A metric of this name exists in the registry.',
    remedy: 'Register each metric once and hand the object on.',
  },
  METRIC_LABELS_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'The number of label values differs from that of the label names.',
    remedy: 'Pass one value for each label name, in their order.',
  },
  METRIC_LIMIT: {
    verdict: 'answered',
    http: 500,
    meaning: 'The registry holds as many metrics as it may.',
    remedy: 'Use one metric with a label instead of a metric for each case.',
  },
  HEALTH_COMPONENT_TAKEN: {
    verdict: 'answered',
    http: 500,
    meaning: 'A component of this name is monitored.',
    remedy: 'Give each component a name of its own, or remove the old one first.',
  },
  HEALTH_COMPONENT_LIMIT: {
    verdict: 'answered',
    http: 500,
    meaning: 'The monitor watches as many components as it may.',
    remedy: 'Probe the whole of a component, not each of its parts.',
  },
  LOG_LEVEL_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'The text is no log level.',
    remedy: 'Use trace, debug, info, warn, error or silent.',
  },
} as const satisfies Record<string, ErrorRow>

export const telemetryError: ErrorFactory<typeof TELEMETRY_ERRORS> = defineErrors(TELEMETRY_ERRORS)
