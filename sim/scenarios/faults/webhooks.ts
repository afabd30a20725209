/** Events of the gateway: they wake a lookup, and decide nothing. */
import type { NamedFault } from '../named-fault.ts';

const ENGINE = 'src/engine/webhooks/webhooks.test.ts';
const ADAPTER = 'src/gateways/http/webhooks.test.ts';

const MINUTE = 60_000;
/** In a thousand. */
const ALWAYS = 1000;

export const WEBHOOK_FAULTS: readonly NamedFault[] = [
  {
    class: 'webhooks in',
    fault: 'out of order, repeated, lost, late or contradicting',
    expected:
      'The payment and its refund end as without any event, with no call more. Only lookups come sooner.',
    scenarios: [
      {
        name: 'a pending charge is decided, and an event says so',
        plan: { webhooks: {} },
        policy: { pendingPollMs: MINUTE },
        calls: [['gateway_pending']],
        visits: [{}],
        ending: {
          status: 'COMPLETED',
          calls: 1,
          lookups: 1,
          ledger: ['succeeded'],
          // The next poll would have come long after the client had gone.
          heard: ['COMPLETED, started'],
        },
      },
      {
        name: 'a declined charge, and every event says that it was paid',
        plan: { webhooks: { webhook_contradicts: ALWAYS, webhook_twice: ALWAYS } },
        calls: [['gateway_declines']],
        visits: [{}],
        ending: {
          status: 'FAILED',
          calls: 1,
          lookups: 1,
          ledger: ['declined'],
          heard: ['card_declined, started'],
        },
      },
      {
        name: 'a charge is made, its answer is lost, and every event is about another installation',
        plan: { webhooks: { webhook_lost: ALWAYS, webhook_of_another_installation: ALWAYS } },
        contract: { keys: 'none' },
        calls: [['reset_charged']],
        visits: [{}],
        ending: {
          status: 'COMPLETED',
          calls: 1,
          lookups: 1,
          ledger: ['succeeded'],
          heard: ['COMPLETED, started'],
        },
      },
    ],
    elsewhere: [
      {
        file: 'src/engine/webhooks/any-order.property.test.ts',
        test: 'ends in the same state, with no call more',
      },
      { file: ENGINE, test: 'about one payment buy few lookups and few writes' },
    ],
    marks: [
      'webhook_out_of_order',
      'webhook_twice',
      'webhook_flood',
      'webhook_lost',
      'webhook_late',
      'webhook_contradicts',
      'webhook_woke',
      'retold',
    ],
  },
  {
    class: 'webhooks in',
    fault: 'before our own answer, or during a lookup',
    expected:
      'It waits for the worker that is at the gateway. If the row then does not show what the event says, it is looked up again. If the worker takes too long, the gateway sends the event again.',
    scenarios: [],
    elsewhere: [
      { file: ENGINE, test: 'that comes before our own answer waits for it' },
      {
        file: ENGINE,
        test: 'that comes during a lookup has it looked up again: that lookup may have asked too early',
      },
      { file: ENGINE, test: 'is not taken while a worker holds the payment: the gateway sends it again' },
    ],
    marks: ['webhook_while_held', 'webhook_told:webhook_not_noted'],
  },
  {
    class: 'webhooks in',
    fault: 'forged, replayed, or about another installation',
    expected:
      'Nothing is read or written. What is forged is refused in the same words, whatever is wrong with it.',
    scenarios: [],
    elsewhere: [
      { file: ADAPTER, test: 'with another body than the signed one is forged' },
      { file: ENGINE, test: 'that are forged or foreign cost no query, and one line in the log a minute' },
    ],
    marks: ['webhook_forged', 'webhook_of_another_installation', 'webhook_told:webhook_refused'],
  },
  {
    class: 'webhooks in',
    fault: 'about an order of ours that the database does not have',
    expected: 'An alarm names its reference at the gateway.',
    scenarios: [],
    elsewhere: [
      {
        file: ENGINE,
        test: 'an event about an order of ours that the database does not have raises an alarm, once',
      },
    ],
    marks: ['webhook_of_unknown_order'],
  },
  {
    class: 'webhooks in',
    fault: 'about money that is held, or was let go',
    expected:
      'It wakes the payment, and a lookup shows what became of the money. The event itself captures and voids nothing.',
    scenarios: [],
    elsewhere: [{ file: ENGINE, test: 'wakes what waits for a lookup, and the lookup decides' }],
    marks: ['webhook_about:AUTHORIZED', 'webhook_about:VOIDED'],
  },
  {
    class: 'webhooks in',
    fault: 'to a process that is dead, stopped, ending, cut off from the database, or set to another gateway',
    expected:
      'It is not taken, and the gateway sends it again. It is taken only once what follows from it is durable.',
    scenarios: [],
    elsewhere: [
      {
        file: ENGINE,
        test: 'is not taken if the store cannot be reached, or if nobody knows whether the note is durable',
      },
      { file: ENGINE, test: 'is refused by a process that stops' },
    ],
    marks: [
      'webhook_to_dead_process',
      'webhook_to_stopped_process',
      'webhook_told:taken',
      'webhook_told:not_found',
      'webhook_told:shutting_down',
      'webhook_told:store_failed',
    ],
  },
];
