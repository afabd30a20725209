/** What clocks, networks, deployments and operators do, and what must follow. */
import { clockSkewed, cutFromDatabase, cutFromGateway, databaseAnswersLost, killed } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONCE: Pick<Ending, 'status' | 'ledger' | 'calls' | 'lookups'> = {
  status: 'COMPLETED',
  ledger: ['succeeded'],
  calls: 1,
  lookups: 0,
};
const PLAIN = ['payment.created', 'payment.completed'] as const;

const skewed: Scenario = {
  name: 'an hour ahead, an hour behind, and killed during the call',
  visits: [
    { atMs: 100, on: 'p1' },
    { atMs: 200, on: 'p2', persists: true },
  ],
  mishaps: [
    { atMs: 50, on: 'p1', deed: clockSkewed(3_600_000) },
    { atMs: 50, on: 'p2', deed: clockSkewed(-3_600_000) },
    { atMs: 3000, on: 'p2', deed: clockSkewed(3_600_000) },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: killed() }],
  ending: {
    ...ONCE,
    calls: 2,
    heard: ['nothing, the connection broke', 'COMPLETED, started, replayed'],
    events: ['payment.created', 'call.started', 'payment.completed'],
  },
};

const cutAfterSend: Scenario = {
  name: 'cut from the database after sending, for longer than the lease',
  databaseFails: true,
  visits: [
    { on: 'p1', waitMs: 60_000 },
    { atMs: 1000, on: 'p2', waitMs: 60_000 },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: cutFromDatabase(20_000) }],
  lastsMs: 60_000,
  ending: { ...ONCE, calls: 2, lookups: 1, heard: ['202 PROCESSING', 'COMPLETED, started, replayed'] },
};

const cutBeforeIntent: Scenario = {
  name: 'cut from the database before anything is stored',
  databaseFails: true,
  visits: [{ on: 'p1' }, { on: 'p2' }],
  mishaps: [{ atMs: 50, deed: cutFromDatabase(5000) }],
  ending: { ...ONCE, heard: ['store_unavailable', 'COMPLETED, started'], events: PLAIN },
};

const oneWay: Scenario = {
  name: 'what is sent to the database arrives, its answers do not, for ten seconds',
  databaseFails: true,
  visits: [{ on: 'p1' }, { atMs: 15_000, on: 'p1' }],
  moments: [{ on: 'p1', use: 'accept', when: 'before', deed: databaseAnswersLost(10_000) }],
  ending: { ...ONCE, heard: ['store_outcome_unknown', 'COMPLETED, started, replayed'] },
};

const oneWayAfterSend: Scenario = {
  name: 'the answers of the database are lost from the call on, for ten seconds',
  databaseFails: true,
  visits: [{ on: 'p1', waitMs: 30_000 }],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: databaseAnswersLost(10_000) }],
  lastsMs: 30_000,
  ending: { ...ONCE, lookups: { atMost: 10 }, heard: ['202 PROCESSING'] },
};

const cutGateway: Scenario = {
  name: 'one process is cut from the gateway for three seconds',
  policy: { maxAttempts: 8 },
  roll: 0.999,
  visits: [
    { on: 'p1', waitMs: 60_000 },
    { atMs: 200, on: 'p2', orderId: 'order-2', key: 'key-2' },
  ],
  mishaps: [{ atMs: 50, deed: cutFromGateway(3000) }],
  ending: {
    status: times(2, 'COMPLETED'),
    ledger: times(2, 'succeeded'),
    calls: 7,
    lookups: 0,
    heard: times(2, 'COMPLETED, started'),
  },
};

export const SURROUNDING_FAULTS: readonly NamedFault[] = [
  {
    class: 'clock',
    fault: 'an hour ahead, an hour behind, jumps',
    expected: 'It changes nothing. Leases use the database’s clock, and time-outs the monotonic clock.',
    scenarios: [skewed],
    marks: ['clock_jumps'],
  },
  {
    class: 'network',
    fault: 'a process is cut from the database',
    expected:
      'Before the intent: 503, and nothing is sent. After sending: another process goes on, and the answer that the cut-off process got is kept as evidence.',
    scenarios: [cutBeforeIntent, cutAfterSend],
    elsewhere: [
      {
        file: 'test/e2e/database.test.ts',
        test: 'cut off: 503 and nothing sent; lost after the intent: 202; then it resumes by itself',
      },
    ],
    marks: ['cut_from_database', 'store_refused'],
  },
  {
    class: 'network',
    fault: 'a process is cut from the gateway',
    expected: 'Its calls are refused and tried again with growing waits. The other process is not held up.',
    scenarios: [cutGateway],
    marks: ['cut_from_gateway'],
  },
  {
    class: 'network',
    fault: 'one-way loss',
    expected:
      'What arrived counts although nobody got the answer. It is read when the network is back. One charge.',
    scenarios: [oneWay, oneWayAfterSend],
    marks: ['answers_of_database_lost', 'store_ack_lost'],
  },
  {
    class: 'deploy',
    fault: 'two versions at once; rollback',
    expected: 'The older version does not touch what a newer release changed in the tables.',
    scenarios: [],
    elsewhere: [
      { file: 'test/postgres/migrate.test.ts', test: 'what a newer release applied is left alone' },
      {
        file: 'test/e2e/storms.test.ts',
        test: 'a rolling restart under load: exit code 0 within 15 s, and no client gets a false answer',
      },
    ],
    marks: [],
    metBy: 'store suite: there is one version of the code to simulate',
  },
  {
    class: 'operator',
    fault: 'a forced resolution, also a wrong one; two people at once',
    expected:
      'A worker looks at the gateway once more. What the gateway proves is written, and a wrong word is refuted, with an alarm. The same word joins the first one; another one is refused.',
    scenarios: [],
    elsewhere: [
      {
        file: 'src/engine/operator/resolve.test.ts',
        test: 'that nothing was charged is refuted by the charge itself, which completes the payment',
      },
      {
        file: 'src/engine/operator/resolve.test.ts',
        test: 'that says something else is refused, before and after the first was carried out',
      },
    ],
    marks: ['operator:refuted', 'operator:carried_out', 'operator:confirmed'],
  },
  {
    class: 'operator',
    fault: 'a lease shorter than the call timeout',
    expected: 'The start is refused.',
    scenarios: [],
    elsewhere: [{ file: 'src/config.test.ts', test: 'refuses a lease that a call could outlive' }],
    marks: [],
    metBy: 'unit test of the configuration',
  },
];
