/** What clients do, and what must follow. */
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONCE: Pick<Ending, 'status' | 'ledger' | 'calls' | 'lookups'> = {
  status: 'COMPLETED',
  ledger: ['succeeded'],
  calls: 1,
  lookups: 0,
};
const PLAIN = ['payment.created', 'payment.completed'] as const;

const doubleClick: Scenario = {
  name: 'the same request twice at once, at two processes',
  visits: [
    { atMs: 100, on: 'p1' },
    { atMs: 100, on: 'p2' },
  ],
  ending: { ...ONCE, heard: ['COMPLETED, started', 'COMPLETED, started, replayed'], events: PLAIN },
};

const newKey: Scenario = {
  name: 'another key while the first is under way, and one afterwards',
  calls: [['gateway_slow']],
  delays: { 13800: 2000 },
  visits: [
    { atMs: 100, on: 'p1' },
    { atMs: 500, on: 'p2', key: 'key-2' },
    { atMs: 5000, on: 'p1', key: 'key-3' },
    { atMs: 5100, on: 'p2', key: null },
  ],
  ending: { ...ONCE, heard: ['COMPLETED, started', ...times(3, 'COMPLETED, joined')], events: PLAIN },
};

const hangsUp: Scenario = {
  name: 'hangs up, and comes back',
  calls: [['gateway_slow']],
  delays: { 13800: 2000 },
  visits: [
    { on: 'p1', hangsUp: true },
    { atMs: 5000, on: 'p2' },
  ],
  ending: { ...ONCE, heard: ['COMPLETED, started, replayed'], events: PLAIN },
};

const changedBody: Scenario = {
  name: 'the same key with another amount; the same order with another amount',
  visits: [
    { on: 'p1' },
    { on: 'p2', amountMinor: 2000 },
    { on: 'p2', amountMinor: 2000, key: 'key-2' },
    { on: 'p2', amountMinor: 2000, key: null },
    { on: 'p2' },
  ],
  ending: {
    ...ONCE,
    heard: [
      'COMPLETED, started',
      'idempotency_key_reused',
      'order_conflict',
      'order_conflict',
      'COMPLETED, started, replayed',
    ],
    events: PLAIN,
  },
};

const thousand: Scenario = {
  name: 'a thousand at once with one key',
  visits: [
    { on: 'p1', times: 500 },
    { atMs: 100, on: 'p2', times: 500 },
  ],
  ending: {
    ...ONCE,
    heard: ['COMPLETED, started', ...times(999, 'COMPLETED, started, replayed')],
    events: PLAIN,
  },
};

const expired: Scenario = {
  name: 'asks again after the answer has expired, with the same and with another body',
  plan: { retentionMs: 20_000 },
  visits: [
    { on: 'p1' },
    { atMs: 30_000, on: 'p2' },
    { atMs: 31_000, on: 'p2', amountMinor: 2000 },
    { atMs: 32_000, on: 'p2', key: 'key-2' },
  ],
  ending: {
    ...ONCE,
    heard: ['COMPLETED, started', 'result_expired', 'idempotency_key_reused', 'COMPLETED, joined'],
    events: PLAIN,
  },
};

const twoAccounts: Scenario = {
  name: 'two accounts use one key and one order id',
  visits: [{ on: 'p1' }, { on: 'p1', accountId: 'other', amountMinor: 2000 }, { on: 'p2' }],
  ending: {
    status: times(2, 'COMPLETED'),
    ledger: times(2, 'succeeded'),
    calls: 2,
    lookups: 0,
    heard: ['COMPLETED, started', 'COMPLETED, started', 'COMPLETED, started, replayed'],
  },
};

export const CLIENT_FAULTS: readonly NamedFault[] = [
  {
    class: 'client',
    fault: 'double click',
    expected: 'One charge. Both get its answer, and the second answer says that it is a replay.',
    scenarios: [doubleClick],
    marks: ['client:double_click'],
  },
  {
    class: 'client',
    fault: 'a new key on the same order',
    expected: 'The request joins: one charge, the same payment, 200 instead of 201.',
    scenarios: [newKey],
    marks: ['client:reuses_key', 'client:new_key_after_failure'],
  },
  {
    class: 'client',
    fault: 'hangs up',
    expected: 'It changes nothing. The charge goes on, and the next request gets the answer.',
    scenarios: [hangsUp],
    marks: ['client:hangs_up'],
  },
  {
    class: 'client',
    fault: 'changes the body',
    expected:
      '422 if the key is bound to other terms, 409 if the order is. Nothing is sent and nothing changes.',
    scenarios: [changedBody],
    marks: ['client:changes_amount', 'client:changes_time_to_give_up', 'client:reuses_key'],
  },
  {
    class: 'client',
    fault: 'sends 1,000 at once',
    expected: 'One charge, and a thousand equal answers.',
    scenarios: [thousand],
    elsewhere: [
      {
        file: 'test/e2e/concurrency.test.ts',
        test: '100 at once with one key: all get 201, byte for byte the same',
      },
    ],
    marks: [],
    metBy: 'scenario: the random simulation keeps its crowds small, to try more of them',
  },
  {
    class: 'client',
    fault: 'asks again after the answer has expired',
    expected: '409 with the state of the payment. 422 still comes first, and the order is still protected.',
    scenarios: [expired],
    marks: ['client:same_key_again'],
  },
  {
    class: 'client',
    fault: 'two accounts with one key',
    expected: 'Two orders and two charges. Neither account sees anything of the other.',
    scenarios: [twoAccounts],
    marks: [],
    metBy:
      'scenario; the random simulation has two accounts with one order id, but gives them different keys',
  },
  {
    class: 'client',
    fault: 'sends slowly, or never ends',
    expected: 'The connection is closed within a fixed time. Nothing of the request is stored or sent.',
    scenarios: [],
    elsewhere: [
      { file: 'test/http/sockets.test.ts', test: 'or %s that never end are a 408 in the end' },
      { file: 'test/http/draining.test.ts', test: 'a request that never ends' },
    ],
    marks: [],
    metBy: 'HTTP suite: the simulation has no sockets',
  },
];
