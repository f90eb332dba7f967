import { defineErrors } from '@bzzz/base'

/** Error codes of the coordinator: its start, its HTTP surface, its command line. */
export const coordinatorError = defineErrors({
  COORDINATOR_STARTING: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The coordinator has not finished starting.',
    remedy: 'Wait until /readyz answers 200, then try again.',
  },
  COORDINATOR_STOPPING: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'The coordinator is shutting down and takes no new requests.',
    remedy: 'Try again once it has been started again, or ask another coordinator.',
  },
  COORDINATOR_NOT_RUNNING: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'No coordinator is running on this data directory.',
    remedy: 'Start one with `bzzz start`, or name the right one with --data-directory or --url.',
  },
  COORDINATOR_RUNNING: {
    verdict: 'answered',
    http: 409,
    meaning: 'Another process uses this data directory.',
    remedy: 'Stop that process first, or choose another directory with --data-directory.',
  },
  DATA_DIRECTORY_UNSAFE: {
    verdict: 'answered',
    http: 500,
    meaning: 'The data directory, or a secret in it, is open to other users of this machine.',
    remedy: 'Take the rights of group and others away with chmod.',
  },
  DATA_DIRECTORY_UNUSABLE: {
    verdict: 'answered',
    http: 500,
    meaning: 'The data directory cannot be created, read or written.',
    remedy: 'Correct its rights, or choose another one with --data-directory.',
  },
  PSK_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'The private network key cannot be read.',
    remedy:
      'Write the lines /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits into the file, mode 0600.',
  },
  HTTP_PORT_IN_USE: {
    verdict: 'answered',
    http: 500,
    meaning: 'Another process listens on the HTTP address.',
    remedy: 'Choose another port with --http-port (0 takes any free one), or stop that process.',
  },
  HTTP_ADDRESS_INVALID: {
    verdict: 'answered',
    http: 500,
    meaning: 'The HTTP server cannot listen on the configured address.',
    remedy: 'Use an address of this machine for --http-host, or a port that you may bind.',
  },
  HTTP_HOST_REFUSED: {
    verdict: 'answered',
    http: 403,
    meaning: 'The Host header names neither this machine nor an allowed host.',
    remedy: 'Use a loopback name, or add the host to the allowed hosts in the configuration.',
  },
  HTTP_ORIGIN_REFUSED: {
    verdict: 'answered',
    http: 403,
    meaning: 'The request comes from a web page whose origin is not allowed.',
    remedy: 'Add the origin to the allowed origins in the configuration if you trust the page.',
  },
  HTTP_CROSS_SITE_REFUSED: {
    verdict: 'answered',
    http: 403,
    meaning: 'A web page of another site tried to write.',
    remedy: 'Add the page’s origin to the allowed origins in the configuration if you trust it.',
  },
  BOOTSTRAP_UNREACHABLE: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'A bootstrap entry answered neither as a coordinator nor as a libp2p peer.',
    remedy: 'Check the address and that the other node runs; it is tried again in the background.',
  },
  BOOTSTRAP_IDENTITY_INVALID: {
    verdict: 'answered',
    http: 502,
    meaning: 'What answered at a bootstrap entry is not the identity document of a coordinator.',
    remedy: 'Point the entry at the HTTP or libp2p port of a BZZZ coordinator.',
  },
  OVERRIDES_UNREADABLE: {
    verdict: 'answered',
    http: 500,
    meaning: 'The file with what operators have put above the configuration is damaged.',
    remedy: 'Read what it says, remove it, start again, and set the modes anew with `bzzz mode`.',
  },
  OVERRIDE_NOT_KEPT: {
    verdict: 'answered',
    http: 500,
    meaning: 'The mode is in force, but could not be written down: a restart would forget it.',
    remedy: 'Look after the disk of the data directory, then ask for the mode again.',
  },
  DRILL_RUNNING: {
    verdict: 'answered',
    http: 409,
    meaning: 'A drill of this component is on already.',
    remedy: 'End it with `bzzz drill stop`, or wait for its end.',
  },
  DRILL_WITHOUT_EFFECT: {
    verdict: 'answered',
    http: 409,
    meaning: 'The component asks no peers, so that a fault between it and them would show nothing.',
    remedy: 'Enter another mode first, with `bzzz mode dht hybrid`.',
  },
  CLI_USAGE: {
    verdict: 'answered',
    http: 400,
    meaning: 'The command line is not of the form that the command takes.',
    remedy: 'See `bzzz --help` or `bzzz <command> --help`.',
  },
  IMPORT_FAILED: {
    verdict: 'answered',
    http: 500,
    meaning: 'Some files could not be imported.',
    remedy: 'Correct the causes listed, and run the same command again: what is there is kept.',
  },
  WAIT_TIMEOUT: {
    verdict: 'unavailable',
    http: 504,
    meaning: 'A condition was not met within its bound.',
    remedy: 'See the message for the condition and for what was seen last.',
  },
  DEMO_FAILED: {
    verdict: 'answered',
    http: 500,
    meaning: 'The demo saw something that it must not see.',
    remedy: 'Run it again with --keep and read the logs in the directory that it names.',
  },
  COORDINATOR_EXITED: {
    verdict: 'unavailable',
    http: 503,
    meaning: 'A coordinator process ended before it was ready.',
    remedy: 'Read its last words in the message.',
  },
})
