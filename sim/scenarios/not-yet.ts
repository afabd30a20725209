/** Faults of the design that no feature of this version can meet; each waits for the feature. */
import type { NotYet } from './named-fault.ts';

export const NOT_YET: readonly NotYet[] = [
  {
    class: 'process',
    fault: 'killed between state and webhook, or in the middle of the webhook',
    reason: 'Payonce sends no webhooks yet.',
  },
  {
    class: 'database',
    fault: 'what a fail-over lost and nobody asks for again',
    reason: 'Found by reconciliation, which does not exist yet; a repeated request is safe already.',
  },
  {
    class: 'webhooks in',
    fault:
      'early, duplicate, out of order, days late, forged, replayed, for an unknown payment, contradicting',
    reason: 'Payonce takes no webhooks yet; what is pending is polled.',
  },
  {
    class: 'late money',
    fault: 'refunded once, or completed if still wanted',
    reason:
      'Refunds do not exist here yet: REVIEW and an alarm, and the next charge is blocked until a person has refunded it at the gateway.',
  },
  {
    class: 'deploy',
    fault: 'a state that the old version does not know',
    reason: 'Every version so far knows all states.',
  },
  {
    class: 'operator',
    fault: 'double retry; forced resolution; two reconcilers',
    reason: 'There are no tools for operators and no reconciliation yet.',
  },
];
