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
    fault: 'an order that a fail-over lost and nobody repeats',
    reason:
      'Only a comparison with the gateway’s records would find it, and Payonce cannot make one yet. A repeated request is safe already.',
  },
  {
    class: 'late money',
    fault: 'refunded once, or completed if still wanted',
    reason:
      'Payonce does not refund it by itself yet: REVIEW and an alarm, and the next charge is blocked until a person has refunded the money at the gateway.',
  },
  {
    class: 'deploy',
    fault: 'a state that the old version does not know',
    reason: 'Every version so far knows all states.',
  },
  {
    class: 'operator',
    fault: 'two reconcilers',
    reason: 'Payonce cannot compare itself with the gateway’s records yet.',
  },
];
