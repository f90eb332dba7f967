import { defineErrors, type ErrorFactory, type ErrorRow } from '@bzzz/base'

/** Error codes of this package. Those of the audit log tell of its disk; all others are mistakes of the program. */
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
  ALERT_RULE_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'A rule of an alert cannot be evaluated, or two have one name.',
    remedy: 'Correct the rule that the message names.',
  },
  AUDIT_UNAVAILABLE: {
    verdict: 'answered',
    http: 503,
    meaning: 'The call was refused, because it could not be entered into the audit log.',
    remedy: 'Free space on the disk of the audit log, or see its error in the log of the node.',
  },
  AUDIT_BUSY: {
    verdict: 'answered',
    http: 503,
    meaning: 'More entries wait for the disk of the audit log than may.',
    remedy: 'Try again; if it lasts, the disk is slower than the writes.',
  },
  AUDIT_ENTRY_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'An entry is too long for a line of the audit log.',
    remedy: 'Name in an entry what was done, not what it was done with.',
  },
  AUDIT_FILE_UNSAFE: {
    verdict: 'answered',
    http: 500,
    meaning: 'The audit log is no regular file of this user that others cannot read or change.',
    remedy: 'Look who changed its owner, mode or kind; then chmod 600 it, or move it away.',
  },
  AUDIT_FILE_BROKEN: {
    verdict: 'answered',
    http: 500,
    meaning: 'The audit log was changed: a line does not carry the hash of the line before it.',
    remedy: 'Keep the files as evidence in another place; a new log begins when they are gone.',
  },
} as const satisfies Record<string, ErrorRow>

export const telemetryError: ErrorFactory<typeof TELEMETRY_ERRORS> = defineErrors(TELEMETRY_ERRORS)
