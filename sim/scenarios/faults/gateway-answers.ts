/** What a gateway may answer, or keep under a key, and what must follow. */
import { databaseRestored } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import type { Ending, Scenario } from '../scenario.ts';

const HOUR = 3_600_000;
const ONE = [{ on: 'p1', waitMs: 60_000 }] as const;
const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };

const cachedError: Scenario = {
  name: 'an error that is cached, not charged',
  contract: { cachesErrors: true },
  calls: [['error_not_charged']],
  visits: ONE,
  ending: { status: 'FAILED', ledger: [], calls: 1, lookups: 1, heard: ['gateway_failed, started'] },
};

const cachedErrorCharged: Scenario = {
  name: 'an error that is cached, charged',
  contract: { cachesErrors: true },
  calls: [['error_charged']],
  visits: ONE,
  ending: { ...ONCE, calls: 1, lookups: 1, heard: ['COMPLETED, started'] },
};

const expiredKey: Scenario = {
  name: 'the key expires before a second call could arrive',
  contract: { keyWindowMs: 12_000 },
  calls: [['timeout_charged']],
  visits: ONE,
  ending: { ...ONCE, calls: 1, lookups: 1, heard: ['COMPLETED, started'] },
};

const noKeysReset: Scenario = {
  name: 'no keys: a reset that charged',
  contract: { keys: 'none' },
  calls: [['reset_charged']],
  visits: ONE,
  ending: { ...ONCE, calls: 1, lookups: 1, heard: ['COMPLETED, started'] },
};

const noKeysAbsent: Scenario = {
  name: 'no keys: a reset that did not charge, sent again once its absence is proved',
  contract: { keys: 'none' },
  calls: [['reset_not_charged']],
  visits: ONE,
  ending: { ...ONCE, calls: 2, lookups: 5, heard: ['COMPLETED, started'] },
};

const noKeysNoLookup: Scenario = {
  name: 'neither keys nor lookups: a timeout that charged',
  contract: { keys: 'none', lookup: false },
  calls: [['timeout_charged']],
  visits: ONE,
  ending: {
    status: 'REVIEW',
    ledger: ['succeeded'],
    calls: 1,
    lookups: 0,
    heard: ['202 REVIEW'],
    alarms: ['needs_review'],
    failureCode: 'outcome_unknown',
  },
};

const busy: Scenario = {
  name: 'the first call is still being worked on when the second comes',
  calls: [['gateway_slow']],
  delays: { 13800: 4150 },
  visits: ONE,
  ending: { ...ONCE, calls: 3, lookups: 0, heard: ['COMPLETED, started'] },
};

const keyReused: Scenario = {
  name: 'a forgotten order comes back with another amount',
  databaseFails: true,
  visits: [{ on: 'p1' }, { atMs: 10_000, on: 'p1', key: 'key-2', amountMinor: 2000, waitMs: 60_000 }],
  mishaps: [{ atMs: 5000, deed: databaseRestored(500) }],
  ending: {
    status: 'REVIEW',
    ledger: ['succeeded'],
    calls: 5,
    lookups: 1,
    heard: ['COMPLETED, started', '202 REVIEW'],
    alarms: ['needs_review'],
    failureCode: 'amount_mismatch',
  },
};

const declined: Scenario = {
  name: 'declined, and another card',
  calls: [['gateway_declines'], []],
  visits: [{ on: 'p1' }, { on: 'p1' }, { on: 'p1', key: 'key-2', method: 'tok_two' }, { on: 'p2' }],
  ending: {
    status: 'COMPLETED',
    ledger: ['declined', 'succeeded'],
    calls: 2,
    lookups: 0,
    heard: [
      'card_declined, started',
      'card_declined, started, replayed',
      'COMPLETED, started',
      'card_declined, started, replayed',
    ],
    events: ['payment.created', 'payment.failed', 'charge.opened', 'payment.completed'],
  },
};

const declinedInDoubt: Scenario = {
  name: 'a decline of the second call only, without keys',
  contract: { keys: 'none', lookupLagMs: 3000 },
  calls: [['reset_not_charged', 'gateway_declines']],
  visits: ONE,
  ending: { status: 'FAILED', ledger: ['declined'], calls: 2, lookups: 5, heard: ['card_declined, started'] },
};

const wrong = (fault: 'wrong_amount' | 'wrong_currency' | 'wrong_reference'): Scenario => ({
  name: fault.replace('_', ' '),
  calls: [[fault]],
  visits: [{ on: 'p1' }, { on: 'p2', key: 'key-2' }],
  ending: {
    status: 'REVIEW',
    ledger: ['succeeded'],
    calls: 1,
    lookups: 0,
    heard: ['202 REVIEW', '202 REVIEW'],
    alarms: ['needs_review'],
  },
});

const aboutAnother: Scenario = {
  name: 'the answer is about another charge',
  calls: [['answer_about_another']],
  visits: ONE,
  ending: { ...ONCE, calls: 2, lookups: 0, heard: ['COMPLETED, started'] },
};

const pending = (
  name: string,
  forMs: number,
  more: Partial<Omit<Scenario, 'ending'>> & { readonly ending?: Partial<Ending> } = {},
): Scenario => ({
  name,
  policy: { resolveForMs: 72 * HOUR, lookupCapMs: HOUR, reviewLookupMs: 24 * HOUR },
  // A sweep every two seconds for days would be a long story about nothing.
  plan: { sweepMs: HOUR / 6, faultsForMs: 100 * HOUR },
  calls: [['gateway_pending']],
  delays: { 30000: forMs },
  visits: [{ on: 'p1', waitMs: 1000 }],
  ...more,
  ending: { ...ONCE, calls: 1, lookups: 64, heard: ['202 PROCESSING'], ...more.ending },
});

export const ANSWER_FAULTS: readonly NamedFault[] = [
  {
    class: 'gateway keys',
    fault: 'an old 500 is replayed from the key for ever',
    expected:
      'The charge is looked up, and the call is not repeated: one call and one lookup, and the lookup decides.',
    scenarios: [cachedError, cachedErrorCharged],
    marks: ['error_not_charged', 'error_charged', 'event:lookup.started'],
  },
  {
    class: 'gateway keys',
    fault: 'the key has expired',
    expected: 'No call starts if it could arrive after its key’s window. The charge is looked up instead.',
    scenarios: [expiredKey],
    marks: ['timeout_charged', 'event:lookup.started'],
  },
  {
    class: 'gateway keys',
    fault: 'keys are ignored',
    expected:
      'If the contract says so, a call is sent again only after a lookup has proved that the one before did not happen. With neither keys nor lookups the payment goes to a person.',
    scenarios: [noKeysReset, noKeysAbsent, noKeysNoLookup],
    elsewhere: [
      {
        file: 'test/e2e/contracts.test.ts',
        test: 'a gateway that ignores its keys is noticed, and the order is not FAILED',
      },
    ],
    marks: ['reset_charged', 'reset_not_charged', 'event:lookup.absent'],
  },
  {
    class: 'gateway keys',
    fault: '409, the call before is in progress',
    expected: 'Payonce waits, and calls again under the same key. The answer is the one charge.',
    scenarios: [busy],
    marks: ['gateway_slow', 'event:call.busy'],
  },
  {
    class: 'gateway keys',
    fault: '422, the key is bound to other terms',
    expected: 'Never taken for a decline. A lookup finds what was charged: REVIEW and an alarm.',
    scenarios: [keyReused],
    elsewhere: [
      {
        file: 'test/e2e/calls.test.ts',
        test: 'key_reused from the gateway never counts as a decline while the charge may be live',
      },
    ],
    marks: ['database_loses_commits'],
  },
  {
    class: 'gateway result',
    fault: 'declined',
    expected:
      'FAILED with the gateway’s decline, and the same answer for ever. A new key starts charge 2. After a call with an unknown outcome, a decline is looked up first.',
    scenarios: [declined, declinedInDoubt],
    marks: ['gateway_declines', 'event:call.declined_in_doubt', 'move:FAILED → PROCESSING'],
  },
  {
    class: 'gateway result',
    fault: 'wrong amount, currency or reference',
    expected: 'Not taken as our charge: REVIEW at once and an alarm. Nothing is sent again.',
    scenarios: [wrong('wrong_amount'), wrong('wrong_currency'), wrong('wrong_reference'), aboutAnother],
    marks: [
      'wrong_amount',
      'wrong_currency',
      'wrong_reference',
      'answer_about_another',
      'alarm:needs_review',
    ],
  },
  {
    class: 'gateway result',
    fault: 'an unknown status',
    expected: 'In doubt, like an answer that cannot be read.',
    scenarios: [],
    elsewhere: [{ file: 'src/testing/charges.ts', test: 'an approval with the status "%s" is unknown' }],
    marks: ['garbage_charged', 'garbage_not_charged'],
  },
  {
    class: 'gateway result',
    fault: 'pending for days',
    expected: 'Looked up less and less often, in the end once an hour. Then settled as the gateway says.',
    scenarios: [
      pending('two days, then it succeeds', 48 * HOUR),
      pending('two days, then it is declined', 48 * HOUR, {
        pendingEndsDeclined: true,
        ending: { status: 'FAILED', ledger: ['declined'], failureCode: 'card_declined' },
      }),
      pending('eighty hours: an alarm after seventy-two, and the daily lookup settles it', 80 * HOUR, {
        lastsMs: 99 * HOUR,
        ending: { lookups: 91, alarms: ['needs_review'] },
      }),
    ],
    marks: ['gateway_pending', 'event:call.pending', 'event:lookup.pending'],
  },
];
