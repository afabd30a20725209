/** Events of the gateway: they wake a lookup, and decide nothing. */
import type { NamedFault } from '../named-fault.ts';

const ENGINE = 'src/engine/webhooks/webhooks.test.ts';
const ADAPTER = 'src/gateways/http/webhooks.test.ts';
const BY_TESTS = 'engine suite: the simulated gateway sends no events';

export const WEBHOOK_FAULTS: readonly NamedFault[] = [
  {
    class: 'webhooks in',
    fault: 'out of order, repeated, lost, late or contradicting',
    expected:
      'The payment and its refund end as without any event, with no call more. Only lookups come sooner.',
    scenarios: [],
    elsewhere: [
      {
        file: 'src/engine/webhooks/any-order.property.test.ts',
        test: 'ends in the same state, with no call more',
      },
      { file: ENGINE, test: 'about one payment buy few lookups and few writes' },
    ],
    marks: [],
    metBy: BY_TESTS,
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
    marks: [],
    metBy: BY_TESTS,
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
    marks: [],
    metBy: 'gateway suite: it is about bytes',
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
    marks: [],
    metBy: BY_TESTS,
  },
];
