import { defineErrors } from '@bzzz/base'

/** Error codes of the hybrid itself; answers of its sides keep their own. */
export const hybridError = defineErrors({
  HYBRID_BACKLOG_FULL: {
    verdict: 'unavailable',
    http: 503,
    meaning:
      'So much waits to be sent to peers that no further write is taken; nothing was logged.',
    remedy:
      'Bring peers back, enter mode `mock`, or raise the cap; see the backlog in `bzzz status`.',
  },
  HYBRID_COPY_INCOMPLETE: {
    verdict: 'answered',
    http: 503,
    meaning:
      'Mode `mock` was not entered: what this node lacks could not be copied from its peers.',
    remedy:
      'Bring peers back and try again, or leave at once: records that are not here are then unavailable.',
  },
  HYBRID_NOT_READY: {
    verdict: 'answered',
    http: 503,
    meaning: 'The mode was not entered, because the real side cannot serve yet.',
    remedy: 'See what it waits for in `bzzz status`, or enter mode `hybrid`, which falls back.',
  },
  HYBRID_START_FAILED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'No side that the mode needs could start.',
    remedy: 'See the causes: each side names its own.',
  },
  HYBRID_CONTRACT: {
    verdict: 'answered',
    http: 500,
    meaning: 'The two sides are written to different contracts.',
    remedy: 'Use versions of both packages that state the same contract.',
  },
})
