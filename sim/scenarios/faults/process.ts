/** What can happen to a process, and what must follow. */
import { allKilled, drained, killed, paused } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const LOST = 'nothing, the connection broke';
const COMPLETED: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };

const TAKEN_UP = ['payment.created', 'call.started', 'payment.completed'] as const;
const ANOTHER = { orderId: 'order-2', key: 'key-2' };

const killedBeforeIntent: Scenario = {
  name: 'killed before the intent',
  visits: [{ on: 'p1' }, {}],
  moments: [{ on: 'p1', use: 'accept', when: 'before', deed: killed() }],
  ending: {
    ...COMPLETED,
    calls: 1,
    lookups: 0,
    heard: [LOST, 'COMPLETED, started'],
    events: ['payment.created', 'payment.completed'],
  },
};

const killedAfterIntent: Scenario = {
  name: 'killed after the intent, before the call',
  visits: [{ on: 'p1' }, {}],
  moments: [{ on: 'p1', use: 'call', when: 'before', deed: killed() }],
  ending: {
    ...COMPLETED,
    calls: 1,
    lookups: 0,
    heard: [LOST, 'COMPLETED, started, replayed'],
    events: TAKEN_UP,
  },
};

const killedDuringCall: Scenario = {
  name: 'killed during the call',
  visits: [{ on: 'p1' }, {}],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: killed() }],
  ending: {
    ...COMPLETED,
    calls: 2,
    lookups: 0,
    heard: [LOST, 'COMPLETED, started, replayed'],
    events: TAKEN_UP,
  },
};

const killedBeforeOutcome: Scenario = {
  name: "killed between the gateway's approval and the outcome",
  visits: [{ on: 'p1' }, {}],
  moments: [{ on: 'p1', use: 'advance', when: 'before', deed: killed() }],
  ending: { ...COMPLETED, calls: 2, lookups: 0, heard: [LOST, 'COMPLETED, started, replayed'] },
};

const killedOutsideWindow: Scenario = {
  name: 'killed during the call, outside the key window',
  contract: { keyWindowMs: 12_000 },
  visits: [{ on: 'p1' }, {}],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: killed() }],
  ending: {
    ...COMPLETED,
    calls: 1,
    lookups: 1,
    heard: [LOST, 'COMPLETED, started, replayed'],
    events: ['payment.created', 'lookup.started', 'payment.completed'],
  },
};

const killedBeforeAnswer: Scenario = {
  name: 'killed after the outcome, before the answer',
  visits: [{ on: 'p1' }, {}, { key: 'key-2' }],
  moments: [{ on: 'p1', use: 'advance', when: 'after', deed: killed() }],
  ending: {
    ...COMPLETED,
    calls: 1,
    lookups: 0,
    heard: [LOST, 'COMPLETED, started, replayed', 'COMPLETED, joined'],
    events: ['payment.created', 'payment.completed'],
  },
};

const zombieWithAnswer: Scenario = {
  name: 'paused during the call, for longer than the lease',
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(15_000) }],
  lastsMs: 30_000,
  ending: {
    ...COMPLETED,
    calls: 2,
    lookups: 1,
    heard: ['COMPLETED, started, replayed'],
    events: ['payment.created', 'call.started', 'payment.completed', 'verify.started', 'verify.clear'],
  },
};

const zombieBeforeSend: Scenario = {
  name: 'paused between the intent and the call, for longer than the lease',
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'accept', when: 'after', deed: paused(15_000) }],
  lastsMs: 30_000,
  ending: { ...COMPLETED, calls: 1, lookups: 0, heard: ['COMPLETED, started, replayed'], events: TAKEN_UP },
};

const drainedInCall: Scenario = {
  name: 'SIGTERM during the call',
  calls: [['gateway_slow']],
  delays: { 13800: 2000 },
  visits: [{ on: 'p1' }, { ...ANOTHER, atMs: 500, on: 'p1' }, { ...ANOTHER, atMs: 5000 }],
  mishaps: [{ atMs: 300, deed: drained() }],
  ending: {
    status: times(2, 'COMPLETED'),
    ledger: times(2, 'succeeded'),
    calls: 2,
    lookups: 0,
    heard: ['shutting_down', 'COMPLETED, started', 'COMPLETED, started'],
  },
};

const drainedInBackoff: Scenario = {
  name: 'SIGTERM while a retry waits',
  calls: [['gateway_limits']],
  delays: { 3: 1 },
  visits: [{ on: 'p1' }, {}],
  mishaps: [{ atMs: 500, deed: drained() }],
  ending: {
    ...COMPLETED,
    calls: 2,
    lookups: 0,
    heard: [LOST, 'COMPLETED, started, replayed'],
    events: ['payment.created', 'call.refused', 'call.started', 'payment.completed'],
  },
};

const stalled: Scenario = {
  name: 'the event loop is blocked, but not longer than the lease',
  visits: [{ on: 'p1' }],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(3000) }],
  ending: { ...COMPLETED, calls: 1, lookups: 0, heard: ['COMPLETED, started'] },
};

const stalledTooLong: Scenario = {
  name: 'the event loop is blocked until the lease is lost, and the call charged nothing',
  calls: [['reset_not_charged']],
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(9000) }],
  lastsMs: 20_000,
  // The first one got no answer, so the charge is looked up.
  ending: {
    ...COMPLETED,
    calls: 2,
    lookups: 1,
    heard: ['COMPLETED, started, replayed'],
    events: [...TAKEN_UP, 'verify.started', 'verify.clear'],
  },
};

const outOfMemory: Scenario = {
  name: 'every process runs out of memory, with five charges under way',
  visits: [1, 2, 3, 4, 5].map((n) => ({
    atMs: 100,
    on: 'p1',
    orderId: `order-${n}`,
    key: `key-${n}`,
    persists: true,
  })),
  mishaps: [{ atMs: 103, deed: allKilled() }],
  ending: {
    status: times(5, 'COMPLETED'),
    ledger: times(5, 'succeeded'),
    calls: 10,
    lookups: 0,
    heard: times(5, 'COMPLETED, started, replayed'),
  },
};

export const PROCESS_FAULTS: readonly NamedFault[] = [
  {
    class: 'process',
    fault: 'killed before the intent is committed',
    expected:
      'Nothing was sent and nothing is stored. The repeated request starts from the beginning and is charged once.',
    scenarios: [killedBeforeIntent],
    marks: ['process_killed'],
  },
  {
    class: 'process',
    fault: 'killed after the intent, before the call',
    expected:
      'Another process takes over the payment when the lease has ended, and calls once, under the same key.',
    scenarios: [killedAfterIntent],
    marks: ['process_killed', 'event:call.started'],
  },
  {
    class: 'process',
    fault: 'killed during the call, or between the gateway’s approval and the outcome',
    expected:
      'In doubt. Inside the key window the same key is sent again; outside it the charge is looked up. COMPLETED with one charge.',
    scenarios: [killedDuringCall, killedBeforeOutcome, killedOutsideWindow],
    marks: ['process_killed', 'event:call.unknown'],
  },
  {
    class: 'process',
    fault: 'killed after the outcome, before the answer',
    expected: 'The repeated request gets the stored answer, byte for byte. Nothing is sent again.',
    scenarios: [killedBeforeAnswer],
    marks: ['process_killed', 'client:same_key_again'],
  },
  {
    class: 'process',
    fault: 'paused for longer than its lease, then wakes (zombie)',
    expected:
      'The fence refuses its write. The answer that it got is kept as evidence, and the charge is looked up. It sends nothing more.',
    scenarios: [zombieWithAnswer, zombieBeforeSend],
    marks: ['process_paused', 'event:verify.clear'],
  },
  {
    class: 'process',
    fault: 'SIGTERM',
    expected:
      'Calls under way are finished, waiting payments are handed over at once, and new requests are refused. Exit code 0 within 15 s.',
    scenarios: [drainedInCall, drainedInBackoff],
    elsewhere: [
      {
        file: 'test/e2e/replicas.test.ts',
        test: 'SIGTERM while a call is under way: it is finished or handed over, exit code 0',
      },
      {
        file: 'test/e2e/storms.test.ts',
        test: 'a rolling restart under load: exit code 0 within 15 s, and no client gets a false answer',
      },
    ],
    marks: ['process_drained'],
  },
  {
    class: 'process',
    fault: 'the event loop is blocked',
    expected: 'Within the lease nothing is lost. After it, another process safely goes on.',
    scenarios: [stalled, stalledTooLong],
    marks: ['process_paused', 'timer_late'],
  },
  {
    class: 'process',
    fault: 'out of memory: all processes die in the middle of their work',
    expected: 'After a restart they find everything in the database. Each order is charged once.',
    scenarios: [outOfMemory],
    marks: ['process_killed'],
  },
  {
    class: 'process',
    fault: 'no free file, port or memory for a connection to the gateway',
    expected:
      'Nothing left, so no attempt is used up, and no order fails because of it. One alarm. It is tried again every second.',
    scenarios: [],
    elsewhere: [
      {
        file: 'src/engine/shortage.test.ts',
        test: 'does not count, is tried again every second, and ends as the gateway says',
      },
    ],
    marks: ['out_of_files'],
  },
  {
    class: 'process',
    fault: 'more orders than places at the gateway, tokens or connections to the database',
    expected:
      'They wait their turn, and nobody is passed over. What waits is not counted as a call and holds no claim. If its time ends first, it fails with proof.',
    scenarios: [],
    elsewhere: [
      {
        file: 'src/engine/places.test.ts',
        test: 'gets its turn, though more orders come than can be called, and at least five always wait',
      },
    ],
    marks: ['narrow', 'all_taken:call', 'all_taken:lookup', 'connection_awaited'],
  },
];
