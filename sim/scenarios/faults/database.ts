/** What can happen to the database and the network to it, and what must follow. */
import { commitsLost, databaseCrashed, databaseRestored } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONCE: Pick<Ending, 'status' | 'ledger' | 'calls' | 'lookups'> = {
  status: 'COMPLETED',
  ledger: ['succeeded'],
  calls: 1,
  lookups: 0,
};
const PLAIN = ['payment.created', 'payment.completed'] as const;
const ONE = [{ on: 'p1' }] as const;
const STARTED = ['COMPLETED, started'] as const;
/** The answer that the first one got is kept as evidence, and is checked before another process takes over the payment. */
const EVIDENCE = [
  'payment.created',
  'verify.started',
  'verify.clear',
  'call.started',
  'payment.completed',
] as const;

const intentCutOff: Scenario = {
  name: 'the intent never arrives, then is rolled back',
  store: { p1: { accept: ['store_cut_before', 'store_cut_rolled_back'] } },
  visits: ONE,
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const outcomeCutOff: Scenario = {
  name: 'the outcome never arrives, then is rolled back',
  store: { p1: { advance: ['store_cut_before', 'store_cut_rolled_back'] } },
  visits: ONE,
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const intentUnacknowledged: Scenario = {
  name: 'the acknowledgement of the intent is lost',
  store: { p1: { accept: ['store_ack_lost'] } },
  visits: ONE,
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const intentLate: Scenario = {
  name: 'the intent commits after its connection broke',
  store: { p1: { accept: ['store_commits_late'] } },
  delays: { 3000: 2500 },
  visits: [{ on: 'p1', persists: true }],
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const claimUnacknowledged: Scenario = {
  name: 'the acknowledgement of the claim of a retry is lost',
  store: { p1: { advance: ['none', 'store_ack_lost'] } },
  calls: [['gateway_unreachable']],
  visits: ONE,
  ending: {
    ...ONCE,
    calls: 2,
    heard: STARTED,
    events: ['payment.created', 'call.refused', 'call.started', 'payment.completed'],
  },
};

const outcomeUnacknowledged: Scenario = {
  name: 'the acknowledgement of the outcome is lost',
  store: { p1: { advance: ['store_ack_lost'] } },
  visits: ONE,
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const nextUnacknowledged: Scenario = {
  name: 'the acknowledgement of the next charge is lost',
  store: { p1: { openNextCharge: ['store_ack_lost'] } },
  calls: [['gateway_declines'], []],
  visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2', persists: true }],
  ending: {
    ...ONCE,
    calls: 2,
    ledger: ['declined', 'succeeded'],
    heard: ['card_declined, started', 'COMPLETED, started, replayed'],
  },
};

const lostRace: Scenario = {
  name: 'the intent and the outcome lose a race each',
  store: { p1: { accept: ['store_serialization'], advance: ['store_serialization'] } },
  visits: ONE,
  ending: { ...ONCE, heard: STARTED, events: PLAIN },
};

const crashInCall: Scenario = {
  name: 'the database crashes during the call and is down for five seconds',
  databaseFails: true,
  visits: [
    { on: 'p1', waitMs: 30_000 },
    { atMs: 1000, on: 'p2', key: 'key-2', orderId: 'order-2' },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: databaseCrashed(5000) }],
  ending: { ...ONCE, heard: ['store_unavailable', 'COMPLETED, started'] },
};

const crashLong: Scenario = {
  name: 'the database crashes during the call and is down for longer than the lease',
  databaseFails: true,
  visits: [{ on: 'p1', waitMs: 30_000 }],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: databaseCrashed(12_000) }],
  ending: { ...ONCE, calls: 2, lookups: 0, heard: ['202 PROCESSING'], events: EVIDENCE },
};

const slow: Scenario = {
  name: 'a statement takes longer than its time limit, and commits all the same',
  store: { p1: { accept: ['store_slow'] } },
  delays: { 10000: 6000 },
  visits: [{ on: 'p1', persists: true }],
  ending: { ...ONCE, heard: STARTED },
};

const lostAfterSuccess: Scenario = {
  name: 'a fail-over forgets a completed payment',
  databaseFails: true,
  visits: [{ on: 'p1' }, { atMs: 20_000, persists: true }],
  mishaps: [{ atMs: 5000, deed: databaseRestored(1000) }],
  ending: { ...ONCE, calls: 2, heard: times(2, 'COMPLETED, started') },
};

const lostInCall: Scenario = {
  name: 'a fail-over forgets the intent during the call',
  databaseFails: true,
  visits: [{ on: 'p1' }, { atMs: 20_000, persists: true }],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: databaseRestored(1000) }],
  // The approval finds no payment: an alarm tells a person, until the client comes back.
  ending: {
    ...ONCE,
    calls: 2,
    heard: ['COMPLETED, started', 'COMPLETED, started, replayed'],
    alarms: ['evidence_lost'],
  },
};

const lostOutcome: Scenario = {
  name: 'a fail-over forgets the outcome and keeps the intent',
  databaseFails: true,
  // The replica lags by a second: it has what was committed before the slow call, and not its end.
  calls: [['gateway_slow']],
  delays: { 13800: 3000 },
  visits: [{ on: 'p1' }, { atMs: 20_000, persists: true }],
  mishaps: [{ atMs: 3500, deed: commitsLost(1000) }],
  ending: { ...ONCE, calls: 2, heard: ['COMPLETED, started', 'COMPLETED, started, replayed'] },
};

export const DATABASE_FAULTS: readonly NamedFault[] = [
  {
    class: 'database',
    fault: 'the connection is lost before COMMIT',
    expected: 'The statement is repeated. Nothing is sent before it is acknowledged, and it is stored once.',
    scenarios: [intentCutOff, outcomeCutOff],
    marks: ['store_cut_before', 'store_cut_rolled_back'],
  },
  {
    class: 'database',
    fault: 'the connection is lost during COMMIT, so that its outcome is unknown',
    expected: 'Nothing is assumed. The stored row is read, and shows whether it is our own or another’s.',
    scenarios: [
      intentUnacknowledged,
      intentLate,
      claimUnacknowledged,
      outcomeUnacknowledged,
      nextUnacknowledged,
    ],
    marks: ['store_ack_lost', 'store_commits_late'],
  },
  {
    class: 'database',
    fault: '40001 or 40P01',
    expected: 'The statement is repeated. The charge is not.',
    scenarios: [lostRace],
    elsewhere: [
      { file: 'test/postgres/batches.test.ts', test: 'is repeated after %s' },
      {
        file: 'test/postgres/batches.test.ts',
        test: 'survives a deadlock with a transaction that locks in another order',
      },
    ],
    marks: ['store_serialization'],
  },
  {
    class: 'database',
    fault: 'it crashes, is down and recovers',
    expected:
      'Meanwhile new requests get 503, nothing is sent without an intent, and accepted orders get 202. Work resumes by itself, and evidence of money survives.',
    scenarios: [crashInCall, crashLong],
    elsewhere: [
      {
        file: 'test/e2e/database.test.ts',
        test: 'PostgreSQL stopped immediately and started again, twice, under load',
      },
    ],
    marks: ['database_crashes', 'store_refused'],
  },
  {
    class: 'database',
    fault: 'it is slow',
    expected:
      'The outcome of a statement that takes too long is unknown. It is repeated and stored once, and the call is sent only under a lease.',
    scenarios: [slow],
    elsewhere: [
      {
        file: 'test/postgres/connections.test.ts',
        test: 'that takes too long may have been written, and its connection is thrown away',
      },
    ],
    marks: ['store_slow'],
  },
  {
    class: 'database',
    fault: 'the pool is exhausted',
    expected: 'The request is refused with 503 within a fixed time. Nothing was written and nothing is sent.',
    scenarios: [],
    elsewhere: [
      {
        file: 'test/postgres/connections.test.ts',
        test: 'means that nothing was written, when none becomes free',
      },
      {
        file: 'src/postgres/batcher.test.ts',
        test: 'an item that has waited too long is refused and never sent',
      },
    ],
    marks: ['store_refused'],
  },
  {
    class: 'database',
    fault: 'the disk is full',
    expected: 'The statement failed and wrote nothing: 503, and nothing is sent.',
    scenarios: [],
    elsewhere: [
      { file: 'src/postgres/errors.test.ts', test: 'has written nothing, whatever was the reason' },
    ],
    marks: [],
    metBy: 'store suite: PostgreSQL answers 53100, which the adapter takes for "not written"',
  },
  {
    class: 'database',
    fault: 'a stale replica',
    expected: 'Everything is decided on the writable primary. A database that cannot write is not used.',
    scenarios: [],
    elsewhere: [
      { file: 'test/postgres/durability.test.ts', test: 'sees a known connection that can no longer write' },
    ],
    marks: [],
    metBy: 'store suite: there are no reads from replicas to simulate',
  },
  {
    class: 'database',
    fault: 'a fail-over or an old backup loses the last commits',
    expected:
      'Keys are derived from the order. So charging it again reaches the gateway under the same key: one charge, and COMPLETED again.',
    scenarios: [lostAfterSuccess, lostInCall, lostOutcome],
    marks: ['database_loses_commits'],
  },
];
