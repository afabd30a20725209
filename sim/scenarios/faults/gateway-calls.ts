/** What the gateway, or the network before it, does with a call, and what must follow. */
import { credentialsRevoked, gatewayDown, gatewayErrs } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONE = [{ on: 'p1' }] as const;
const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };
const NOTHING: Pick<Ending, 'status' | 'ledger'> = { status: 'FAILED', ledger: [] };

/** The first call has this fault; the second, under the same key, has none. */
function thenFine(
  name: string,
  fault: NonNullable<Scenario['calls']>[number][number],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    calls: [[fault]],
    visits: [{ on: 'p1', waitMs: 60_000 }],
    ...more,
    ending: {
      ...ONCE,
      calls: 2,
      lookups: 0,
      heard: ['COMPLETED, started'],
      events: ['payment.created', 'call.unknown', 'call.started', 'payment.completed'],
      ...more.ending,
    },
  };
}

const refusedOnce = thenFine('refused once', 'gateway_unreachable', {
  ending: {
    ...ONCE,
    calls: 2,
    lookups: 0,
    heard: ['COMPLETED, started'],
    events: ['payment.created', 'call.refused', 'call.started', 'payment.completed'],
  },
});

const refusedAlways: Scenario = {
  name: 'refused four times',
  calls: [times(4, 'gateway_unreachable')],
  visits: ONE,
  ending: {
    ...NOTHING,
    calls: 4,
    lookups: 0,
    heard: ['gateway_failed, started'],
    failureCode: 'gateway_unavailable',
  },
};

const fourErrors: Scenario = {
  name: 'four errors',
  calls: [times(4, 'error_not_charged')],
  visits: ONE,
  ending: {
    ...NOTHING,
    calls: 4,
    lookups: 1,
    heard: ['gateway_failed, started'],
    failureCode: 'gateway_error',
  },
};

const lastErrorCharged: Scenario = {
  name: 'three errors, and a fourth that charged',
  calls: [[...times(3, 'error_not_charged' as const), 'error_charged']],
  visits: ONE,
  ending: { ...ONCE, calls: 4, lookups: 1, heard: ['COMPLETED, started'] },
};

const neverAnswered: Scenario = {
  name: 'four timeouts, nothing charged',
  calls: [times(4, 'timeout_not_charged')],
  visits: [{ on: 'p1', waitMs: 60_000 }],
  ending: { ...NOTHING, calls: 4, lookups: 4, heard: ['gateway_failed, started'] },
};

const landsLater: Scenario = {
  name: 'one timeout, and the charge is made seven seconds later',
  policy: { maxAttempts: 1 },
  calls: [['timeout_charged_later']],
  delays: { 10000: 7000 },
  visits: [{ on: 'p1', waitMs: 60_000 }],
  ending: { ...ONCE, calls: 1, lookups: 4, heard: ['COMPLETED, started'] },
};

const resetLandsLater: Scenario = {
  name: 'one reset, and the charge is made at the last moment',
  policy: { maxAttempts: 1 },
  calls: [['reset_charged_later']],
  delays: { 10000: 10_000 },
  visits: [{ on: 'p1', waitMs: 60_000 }],
  ending: { ...ONCE, calls: 1, lookups: 4, heard: ['COMPLETED, started'] },
};

const limited = (name: string, index: number, calls: number): Scenario => ({
  name,
  calls: [['gateway_limits']],
  delays: { 3: index },
  visits: [{ on: 'p1', waitMs: 60_000 }],
  ending: {
    ...ONCE,
    calls,
    lookups: 0,
    heard: ['COMPLETED, started'],
    events: ['payment.created', 'call.refused', 'call.started', 'payment.completed'],
  },
});

const forbidden: Scenario = {
  name: 'the credentials are revoked for twelve seconds',
  visits: [{ on: 'p1', waitMs: 60_000 }],
  mishaps: [{ atMs: 50, deed: credentialsRevoked(12_000) }],
  ending: { ...ONCE, calls: 4, lookups: 0, heard: ['COMPLETED, started'], alarms: ['gateway_forbidden'] },
};

const outage: Scenario = {
  name: 'nothing answers for twenty seconds, and eighty orders come',
  visits: times(80, 0).map((_zero, index) => ({
    atMs: 100 + index,
    on: 'p1',
    orderId: `order-${index + 1}`,
    key: `key-${index + 1}`,
    persists: true,
  })),
  policy: { maxAttempts: 12 },
  roll: 0.999,
  mishaps: [{ atMs: 50, deed: gatewayDown(20_000) }],
  ending: {
    status: times(80, 'COMPLETED'),
    ledger: times(80, 'succeeded'),
    // Eighty first calls at most, some probes, and one for each order afterwards.
    calls: { atMost: 300 },
    lookups: 0,
    heard: times(80, 'COMPLETED, started, replayed'),
    alarms: ['calls_stopped'],
  },
};

/** One order alone, which says how long it is tried. */
const PATIENT: Pick<Scenario, 'visits' | 'mishaps' | 'roll'> = {
  visits: [{ on: 'p1', waitMs: 300_000 }],
  roll: 0.999,
  mishaps: [{ atMs: 50, deed: gatewayDown(120_000) }],
};

const waitedFor: Scenario = {
  ...PATIENT,
  name: 'nothing answers for two minutes, and the order waits for three',
  plan: { giveUpAfterS: 180 },
  ending: {
    ...ONCE,
    calls: { atMost: 40 },
    lookups: 0,
    heard: ['COMPLETED, started'],
    alarms: ['calls_stopped'],
  },
};

const givenUp: Scenario = {
  ...PATIENT,
  name: 'nothing answers for two minutes, and the order waits for one',
  plan: { giveUpAfterS: 60 },
  ending: {
    ...NOTHING,
    calls: { atMost: 30 },
    failureCode: 'deadline_exceeded',
    heard: ['gateway_failed, started'],
    alarms: ['calls_stopped'],
  },
};

const brownOut: Scenario = {
  name: 'nothing but errors for two seconds',
  policy: { maxAttempts: 8 },
  roll: 0.999,
  visits: ONE,
  mishaps: [{ atMs: 50, deed: gatewayErrs(2000) }],
  ending: { ...ONCE, calls: 6, lookups: 0, heard: ['COMPLETED, started'] },
};

export const CALL_FAULTS: readonly NamedFault[] = [
  {
    class: 'gateway call',
    fault: 'refused connection, DNS, TLS',
    expected:
      'Nothing left the process, so trying again is safe. After the last try FAILED, with proof that nothing was charged.',
    scenarios: [refusedOnce, refusedAlways],
    elsewhere: [
      { file: 'src/testing/charges.ts', test: 'nobody listens' },
      { file: 'src/testing/charges.ts', test: 'the name does not exist' },
      { file: 'src/testing/charges.ts', test: 'the TLS handshake fails' },
    ],
    marks: ['gateway_unreachable'],
  },
  {
    class: 'gateway call',
    fault: 'reset in the middle',
    expected: 'In doubt: the same key is sent again, never a new one. One charge.',
    scenarios: [
      thenFine('reset, not charged', 'reset_not_charged'),
      thenFine('reset, charged', 'reset_charged'),
      resetLandsLater,
    ],
    marks: ['reset_not_charged', 'reset_charged', 'reset_charged_later'],
  },
  {
    class: 'gateway call',
    fault: 'timeout and not charged',
    expected:
      'In doubt: the same key is sent again. After the last try FAILED, but only when the request can no longer arrive and a lookup has found nothing.',
    scenarios: [thenFine('timeout, not charged', 'timeout_not_charged'), neverAnswered],
    marks: ['timeout_not_charged', 'event:lookup.not_found_yet'],
  },
  {
    class: 'gateway call',
    fault: 'timeout and charged',
    expected: 'In doubt: the same key is sent again. The gateway answers with the charge that it made.',
    scenarios: [thenFine('timeout, charged', 'timeout_charged')],
    marks: ['timeout_charged'],
  },
  {
    class: 'gateway call',
    fault: 'timeout and charged later',
    expected: '"Not found" is no proof while the request may still arrive. COMPLETED when it has arrived.',
    scenarios: [landsLater],
    marks: ['timeout_charged_later', 'event:lookup.not_found_yet'],
  },
  {
    class: 'gateway call',
    fault: '5xx, not charged',
    expected:
      'The same key is sent again. After four complete errors one lookup proves that nothing was charged: FAILED at once.',
    scenarios: [thenFine('one error', 'error_not_charged'), fourErrors],
    marks: ['error_not_charged', 'gateway_errors'],
  },
  {
    class: 'gateway call',
    fault: '5xx, charged',
    expected: 'In doubt, like any other error. COMPLETED with the one charge.',
    scenarios: [thenFine('one error, charged', 'error_charged'), lastErrorCharged],
    marks: ['error_charged'],
  },
  {
    class: 'gateway call',
    fault: '2xx that is truncated, garbage, endless or slow',
    expected:
      'In doubt: never a success and never a failure. The answer is given up after a fixed number of bytes and a fixed time.',
    scenarios: [
      thenFine('garbage, charged', 'garbage_charged'),
      thenFine('garbage, not charged', 'garbage_not_charged'),
    ],
    elsewhere: [
      {
        file: 'src/testing/charges.ts',
        test: 'a giant body is given up after a bounded number of bytes, and its connection is destroyed',
      },
    ],
    marks: ['garbage_charged', 'garbage_not_charged', 'gateway_slow'],
  },
  {
    class: 'gateway call',
    fault: '429, or 503 with Retry-After: huge, negative, a date',
    expected:
      'Not executed, so the same key is sent again after the wait that the gateway asked for, within our own limits.',
    scenarios: [
      limited('Retry-After: a second', 1, 2),
      limited('Retry-After: five seconds ago', 2, 2),
      limited('Retry-After: an hour', 3, 2),
    ],
    elsewhere: [
      {
        file: 'src/testing/charges.ts',
        test: 'Retry-After as a date without a Date counts from now',
      },
      {
        file: 'src/testing/charges.ts',
        test: 'Retry-After of a 503 is passed on, and it stays unknown',
      },
    ],
    marks: ['gateway_limits'],
  },
  {
    class: 'gateway call',
    fault: '401, 403',
    expected:
      'The order waits and an alarm is raised. All calls stop once a second order is refused, and go on with the first good answer to a call that left after the first refusal. No order fails and no attempt is used up.',
    scenarios: [forbidden],
    elsewhere: [
      {
        file: 'src/engine/drive.test.ts',
        test: 'one order, time and again, serves the others meanwhile',
      },
    ],
    marks: ['gateway_forbids', 'credentials_revoked', 'alarm:gateway_forbidden'],
  },
  {
    class: 'gateway call',
    fault: 'brown-out, outage',
    expected:
      'The breaker opens, so the gateway gets few calls, and waiting uses up no attempt. Orders with attempts or time left are charged once when the gateway is back. Lookups have their own budget.',
    scenarios: [outage, waitedFor, givenUp, brownOut],
    elsewhere: [
      { file: 'src/engine/gate.test.ts', test: 'leaves lookups alone' },
      { file: 'src/engine/drive.test.ts', test: 'is noticed after a few orders, and then waited for' },
      {
        file: 'test/e2e/outages.test.ts',
        test: 'connections refused: few calls, and afterwards all settles',
      },
      { file: 'src/engine/after-outage.test.ts', test: 'is looked up within seconds, and woken once' },
    ],
    marks: [
      'gateway_outage',
      'cut_from_gateway',
      'client:gives_up',
      'given_up',
      'calls_stopped',
      'woke_after_outage',
    ],
  },
];
