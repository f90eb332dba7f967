import { HYBRID_METRICS as HYBRID, STORE_METRICS as STORE } from '../metric-names.js'
import type { AlertRule, Condition } from './alert-rule.js'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** The mode asks for the peers, whether or not they are there. */
const wantsReal: Condition = { metric: HYBRID.wantsReal, is: '==', than: 1 }

const overFiveMinutes = 5 * MINUTE_MS

/** What a node of BZZZ is watched for. The Prometheus rules file is written from this table. */
export const ALERT_RULES: readonly AlertRule[] = [
  {
    name: 'BzzzStoreFailed',
    severity: 'critical',
    summary: 'A sync of the store failed: this node acknowledges no write any more.',
    remedy:
      'Check the disk (kernel log, SMART), replace it if need be, and restart the node: it recovers what was acknowledged from its log.',
    forMs: 0,
    when: { metric: STORE.state, where: { state: 'failed' }, is: '==', than: 1 },
  },
  {
    name: 'BzzzStoreReadOnly',
    severity: 'critical',
    summary: 'The disk is full: this node serves reads and refuses writes.',
    remedy: 'Free space in the data directory; the store takes writes again by itself.',
    forMs: 0,
    when: { metric: STORE.state, where: { state: 'read-only' }, is: '==', than: 1 },
  },
  {
    name: 'BzzzNoQuorum',
    severity: 'critical',
    summary: 'The peers that answer make no quorum: writes are kept on this node alone.',
    remedy: 'Bring peers back, or mend the network between them; see `bzzz peers`.',
    // Longer than a peer that restarts is away.
    forMs: 30 * SECOND_MS,
    when: { metric: HYBRID.hasQuorum, is: '==', than: 0, and: wantsReal },
  },
  {
    name: 'BzzzFallbackLasting',
    severity: 'warning',
    summary: 'The store of this node has answered for the peers for over a minute.',
    remedy:
      'See the reason and the phase in `bzzz status`; nothing acknowledged is lost, but this node does not see what others write.',
    forMs: MINUTE_MS,
    when: { metric: HYBRID.servingReal, is: '==', than: 0, and: wantsReal },
  },
  {
    name: 'BzzzFlapping',
    severity: 'warning',
    summary: 'This node has fallen back six times or more in ten minutes.',
    remedy:
      'Look for a peer or a link that comes and goes (`bzzz watch switches`); mode `shadow` keeps callers out of it meanwhile.',
    forMs: 0,
    when: { metric: HYBRID.fallbacks, increaseOverMs: 10 * MINUTE_MS, is: '>=', than: 6 },
  },
  {
    name: 'BzzzRealErrors',
    severity: 'warning',
    summary: 'The peers could not answer one call in ten, over five minutes.',
    remedy: 'Compare the peers in `bzzz peers`, and the latency per side in the metrics.',
    forMs: MINUTE_MS,
    when: {
      metric: HYBRID.errors,
      where: { side: 'real' },
      increaseOverMs: overFiveMinutes,
      per: {
        metric: HYBRID.requests,
        where: { side: 'real' },
        increaseOverMs: overFiveMinutes,
      },
      is: '>',
      than: 0.1,
      // A share of a few calls says nothing.
      and: {
        metric: HYBRID.requests,
        where: { side: 'real' },
        increaseOverMs: overFiveMinutes,
        is: '>=',
        than: 20,
      },
    },
  },
  {
    name: 'BzzzBacklogHigh',
    severity: 'critical',
    summary:
      'What waits to be sent to peers has reached 80 % of its cap; at 100 % writes are refused.',
    remedy:
      'Bring peers back, raise the cap if memory and disk allow it, or enter mode `mock`, which has none.',
    forMs: 0,
    when: {
      metric: HYBRID.dirtyBytes,
      per: { metric: HYBRID.dirtyBytesMax },
      is: '>=',
      than: 0.8,
    },
  },
  {
    name: 'BzzzDeadLetters',
    severity: 'critical',
    summary: 'Peers refuse records of this node for good: they are on this node alone.',
    remedy: 'See `bzzz dead-letters` for the refusals, mend their cause, and retry them.',
    forMs: 0,
    when: { metric: HYBRID.deadLetters, is: '>', than: 0 },
  },
  {
    name: 'BzzzIncomplete',
    severity: 'warning',
    summary:
      'This node left the mesh without a copy of it: what it does not hold is unavailable here.',
    remedy: 'Enter mode `hybrid` again, and roll back without `--now` if you still must.',
    forMs: 0,
    when: { metric: HYBRID.complete, is: '==', than: 0 },
  },
  {
    name: 'BzzzDrill',
    severity: 'info',
    summary: 'A drill is on: faults are injected on purpose.',
    remedy: 'Wait for its end, or stop it with `bzzz drill stop`.',
    forMs: 0,
    when: { metric: HYBRID.drill, is: '==', than: 1 },
  },
]
