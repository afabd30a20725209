/** What connections, caches and proxies between us and the gateway do, and what must follow. */
import { paused } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };

const connectsInSleep: Scenario = {
  name: 'the process is frozen while it connects, for longer than its lease',
  connectsMs: [2000],
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(15_000) }],
  lastsMs: 30_000,
  ending: { ...ONCE, calls: 1, lookups: 0, heard: ['COMPLETED, started, replayed'] },
};

const connectsTooLong: Scenario = {
  name: 'a connection takes longer to come up than a call may take',
  connectsMs: [9000],
  visits: [{ on: 'p1' }],
  lastsMs: 20_000,
  ending: {
    ...ONCE,
    calls: 1,
    lookups: 0,
    heard: ['COMPLETED, started'],
    events: ['payment.created', 'call.refused', 'call.started', 'payment.completed'],
  },
};

const saidTwice: Scenario = {
  name: 'charged, and the answer says approved and declined',
  calls: [['ambiguous_charged']],
  visits: [{ on: 'p1' }],
  ending: { ...ONCE, calls: 2, lookups: 0, heard: ['COMPLETED, started'] },
};

/** The charge was made, its answer was lost, and it is looked up. */
const ASKED: Pick<Scenario, 'policy' | 'visits' | 'calls'> = {
  policy: { maxAttempts: 1 },
  // The sixth lookup comes after a minute.
  visits: [{ on: 'p1', waitMs: 90_000 }],
  calls: [['timeout_charged']],
};

const oldNews: Scenario = {
  ...ASKED,
  name: 'a cache answers as before the charge: nothing',
  lookups: times(5, 'lookup_cached'),
  ending: { ...ONCE, calls: 1, lookups: 6, heard: ['COMPLETED, started'] },
};

const bothLists: Scenario = {
  ...ASKED,
  name: 'a list that names its entries twice: the charge, then nothing',
  calls: [['reset_charged']],
  lookups: times(4, 'lookup_ambiguous'),
  ending: { ...ONCE, calls: 1, lookups: 5, heard: ['COMPLETED, started'] },
};

const mixedUp: Scenario = {
  policy: { maxAttempts: 1 },
  name: 'a proxy gives the answer to the lookup before, which found nothing',
  // Both charges are made after their third lookup. The fourth lookup of the first order gets the answer for the second order.
  calls: [['timeout_charged_later']],
  delays: { 10000: 7000 },
  lookups: [...times(6, 'none' as const), 'lookup_of_another'],
  visits: [
    { atMs: 100, on: 'p1', waitMs: 60_000 },
    { atMs: 110, on: 'p1', orderId: 'order-2', key: 'key-2', waitMs: 60_000 },
  ],
  ending: {
    status: times(2, 'COMPLETED'),
    ledger: times(2, 'succeeded'),
    calls: 2,
    lookups: 9,
    heard: times(2, 'COMPLETED, started'),
  },
};

export const CONNECTION_FAULTS: readonly NamedFault[] = [
  {
    class: 'gateway call',
    fault: 'the connection comes up late',
    expected:
      'The lease is checked in the tick of the first byte. A call that is too late is never sent, counts as refused, and is tried again.',
    scenarios: [connectsInSleep, connectsTooLong],
    marks: ['gateway_connects_slowly', 'lease_over_before_send'],
  },
  {
    class: 'gateway call',
    fault: 'an answer that contradicts itself',
    expected: 'This counts as no answer: the call is in doubt, and is made again under the same key.',
    scenarios: [saidTwice],
    marks: ['ambiguous_charged'],
  },
  {
    class: 'gateway lookup',
    fault: 'an old answer, an answer to another question, or an ambiguous one',
    expected:
      'None of them proves anything. The lookup is repeated until the gateway itself answers this question.',
    scenarios: [oldNews, bothLists, mixedUp],
    marks: ['lookup_cached', 'lookup_of_another', 'lookup_ambiguous'],
  },
];
