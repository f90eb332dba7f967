import { defineErrors } from '@bzzz/base'

/** Error codes of the flags that drive hybrids. */
export const flagsError = defineErrors({
  FLAGS_COMPONENT_UNKNOWN: {
    verdict: 'answered',
    http: 404,
    meaning: 'No component of this name has flags.',
    remedy: 'Use one of the names that the message lists.',
  },
  FLAGS_SETTING_INVALID: {
    verdict: 'answered',
    http: 400,
    meaning: 'A mode, a percentage, or the time or author of an override cannot be used.',
    remedy:
      'Use mode mock, hybrid, shadow or real, a percentage from 0 to 100, and a time to come.',
  },
  FLAGS_SNAPSHOT_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'Overrides that were kept cannot be read; none of them is in force.',
    remedy: 'Remove the file, and set the overrides again.',
  },
  FLAGS_VALUE_REFUSED: {
    verdict: 'answered',
    http: 502,
    meaning:
      'A flag provider gives values that mean no setting; the last good setting stays in force.',
    remedy:
      'Correct the flags `bzzz.<component>.mode` (a mode by its name) and `bzzz.<component>.percent` (0 to 100).',
  },
  FLAGS_PROVIDER_UNAVAILABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'A flag provider does not answer; the last good setting stays in force.',
    remedy: 'Bring the provider back; the flags are evaluated again when it is.',
  },
})
