import { defineErrors } from '@bzzz/base'

/** Error codes of the simulated world. The `PEER_…` codes are those of a real peer transport. */
export const simError = defineErrors({
  PEER_UNREACHABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'There is no connection to the peer, or it broke before the answer came.',
    remedy: 'Ask another replica, or try again when the peer is back.',
  },
  PROTOCOL_UNSUPPORTED: {
    verdict: 'unavailable',
    http: 501,
    meaning: 'The peer does not serve the protocol.',
    remedy: 'Start the service on that peer, or update it.',
  },
  PROTOCOL_HANDLED: {
    verdict: 'answered',
    http: 500,
    meaning: 'A second handler was registered for a protocol.',
    remedy: 'Unsubscribe the first one.',
  },
  REQUEST_TOO_LARGE: {
    verdict: 'answered',
    http: 413,
    meaning: 'A request or its answer is over the largest message that the protocol carries.',
    remedy: 'Split it.',
  },
  REQUEST_FAILED: {
    verdict: 'answered',
    http: 502,
    meaning: 'The handler at the peer threw an error that has no code.',
    remedy: 'Read the message; it is the text of that error.',
  },
  SIM_STUCK: {
    verdict: 'answered',
    http: 500,
    meaning: 'What was waited for did not happen within the bound of simulated time.',
    remedy: 'Run the seed that the message names again and read the end of its trace.',
  },
  SIM_FAILED: {
    verdict: 'answered',
    http: 500,
    meaning: 'Code that ran inside the simulation threw, outside any promise of its caller.',
    remedy: 'Read the cause, and run the seed that the message names again.',
  },
  SIM_FAULT: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'A planned fault: the side could not answer.',
    remedy: 'Nothing: a test asked for it.',
  },
  SIM_REFUSED: {
    verdict: 'answered',
    http: 400,
    meaning: 'A planned fault: the side answered with a refusal.',
    remedy: 'Nothing: a test asked for it.',
  },
  SIM_BYTES_CHANGED: {
    verdict: 'answered',
    http: 500,
    meaning: 'Bytes that belong to a store were changed by the code that was handed them.',
    remedy: 'Copy what a read returns before changing it.',
  },
  SIM_UNREACHED: {
    verdict: 'answered',
    http: 500,
    meaning: 'A situation that the simulation is there to produce never came about.',
    remedy: 'Raise the number of seeds or the fault probabilities, or fix the scenario.',
  },
})
