/** What a lookup may say or not say, money that comes late, and what must follow. */
import { bookedTwice, chargedLate, lateRefunded, paused, staleView, twinRefunded } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };
const ONE = [{ on: 'p1', waitMs: 60_000 }] as const;
/** After one call, the charge is looked up. */
const ASKED: Pick<Scenario, 'policy' | 'visits'> = { policy: { maxAttempts: 1 }, visits: ONE };

const lag: Scenario = {
  ...ASKED,
  name: 'charged two seconds after the timeout, and lookups do not show it for three more',
  contract: { lookupLagMs: 3001 },
  delays: { 10000: 2000, 3001: 3000 },
  calls: [['timeout_charged_later']],
  ending: {
    ...ONCE,
    calls: 1,
    lookups: 3,
    heard: ['COMPLETED, started'],
    events: [
      'payment.created',
      'call.unknown',
      'lookup.started',
      'lookup.not_found_yet',
      'lookup.started',
      'lookup.not_found_yet',
      'lookup.started',
      'payment.completed',
    ],
  },
};

const lagAfterError: Scenario = {
  ...ASKED,
  name: 'an error that charged, and lookups do not show it for three seconds',
  contract: { lookupLagMs: 3001 },
  delays: { 3001: 3000 },
  calls: [['error_charged']],
  ending: { ...ONCE, calls: 1, lookups: 1, heard: ['COMPLETED, started'] },
};

const stale: Scenario = {
  ...ASKED,
  name: 'charged, and lookups call it pending for twenty seconds',
  calls: [['timeout_charged']],
  mishaps: [{ atMs: 1000, deed: staleView(20_000) }],
  ending: { ...ONCE, calls: 1, lookups: 6, heard: ['COMPLETED, started'] },
};

const down: Scenario = {
  ...ASKED,
  name: 'charged, and lookups fail in every way first',
  calls: [['timeout_charged']],
  lookups: ['lookup_down', 'lookup_timeout', 'lookup_forbidden', 'lookup_about_another'],
  ending: {
    ...ONCE,
    calls: 1,
    lookups: 5,
    heard: ['COMPLETED, started'],
    alarms: ['gateway_forbidden'],
  },
};

const downNotCharged: Scenario = {
  ...ASKED,
  name: 'not charged, and lookups fail first',
  calls: [['timeout_not_charged']],
  lookups: times(3, 'lookup_down'),
  ending: { status: 'FAILED', ledger: [], calls: 1, lookups: 7, heard: ['gateway_failed, started'] },
};

const twins: Scenario = {
  ...ASKED,
  name: 'a timeout, and two charges are found',
  visits: [{ on: 'p1', waitMs: 60_000 }],
  calls: [['timeout_charged']],
  mishaps: [
    { atMs: 2000, deed: bookedTwice },
    { atMs: 60_000, deed: twinRefunded },
  ],
  lastsMs: 400_000,
  ending: {
    ...ONCE,
    ledger: ['succeeded', 'refunded'],
    calls: 1,
    lookups: 2,
    heard: ['202 REVIEW'],
    alarms: ['duplicate_charge'],
  },
};

const twinOfCompleted: Scenario = {
  name: 'a zombie’s evidence leads to a second charge of a completed order',
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(15_000) }],
  mishaps: [
    { atMs: 12_000, deed: bookedTwice },
    { atMs: 60_000, deed: twinRefunded },
  ],
  ending: {
    ...ONCE,
    ledger: ['succeeded', 'refunded'],
    calls: 2,
    lookups: 1,
    heard: ['COMPLETED, started, replayed'],
    alarms: ['duplicate_charge'],
  },
};

const lateMoney: Scenario = {
  name: 'charge 1 appears while charge 2 is being prepared',
  calls: [times(4, 'error_not_charged'), []],
  visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2' }],
  // The first use is before charge 2 is opened: were its charges made at this gateway?
  moments: [{ on: 'p1', use: 'chargesToVerify', nth: 2, when: 'after', deed: chargedLate }],
  ending: {
    status: 'REVIEW',
    ledger: ['succeeded'],
    calls: 4,
    lookups: 2,
    heard: ['gateway_failed, started', '202 REVIEW'],
    alarms: ['needs_review'],
    failureCode: 'late_success',
  },
};

const lateMoneyRefunded: Scenario = {
  ...lateMoney,
  name: 'charge 1 appears while charge 2 is being prepared, and a person refunds it',
  visits: [
    { on: 'p1' },
    { on: 'p1', key: 'key-2' },
    { on: 'p1', atMs: 30_000, key: 'key-3' },
    { on: 'p1', atMs: 200_000, key: 'key-4' },
  ],
  mishaps: [{ atMs: 60_000, deed: lateRefunded }],
  ending: {
    status: 'COMPLETED',
    ledger: ['refunded', 'succeeded'],
    calls: 5,
    lookups: { atMost: 13 },
    heard: ['gateway_failed, started', '202 REVIEW', '202 REVIEW', 'COMPLETED, started'],
    alarms: ['needs_review'],
  },
};

export const LOOKUP_FAULTS: readonly NamedFault[] = [
  {
    class: 'gateway lookup',
    fault: '"not found" although charged (lag)',
    expected: 'It proves nothing before the lag has passed. Then COMPLETED, and never FAILED in between.',
    scenarios: [lag, lagAfterError],
    marks: ['lookup_lag', 'event:lookup.not_found_yet'],
  },
  {
    class: 'gateway lookup',
    fault: 'stale',
    expected: 'A state that is not final settles nothing. The charge is looked up until its state is final.',
    scenarios: [stale],
    marks: ['event:lookup.pending'],
  },
  {
    class: 'gateway lookup',
    fault: 'down, slow, forbidden, or about another charge',
    expected:
      'Such a lookup proves nothing. The payment stays as it is, and is looked up less and less often.',
    scenarios: [down, downNotCharged],
    marks: ['lookup_down', 'lookup_timeout', 'lookup_slow', 'lookup_forbidden', 'lookup_about_another'],
  },
  {
    class: 'gateway lookup',
    fault: 'two charges are found',
    expected:
      'An alarm names both, and a person refunds one at the gateway (Payonce does not do that by itself yet). The order is never charged again.',
    scenarios: [twins, twinOfCompleted],
    elsewhere: [{ file: 'test/e2e/lookups.test.ts', test: 'two charges under one key go to a person' }],
    marks: [],
    metBy: 'scenario: only a gateway that breaks its contract charges twice under one key',
  },
  {
    class: 'late money',
    fault: 'a success that arrives after FAILED',
    expected:
      'Found before charge 2 is sent: REVIEW and an alarm, and charge 2 is not sent. Once the money is refunded at the gateway, the order is FAILED, and the next key charges it.',
    scenarios: [lateMoney, lateMoneyRefunded],
    elsewhere: [
      {
        file: 'test/e2e/contracts.test.ts',
        test: 'a gateway that charges later than it declares is noticed before charge n+1',
      },
      {
        file: 'src/engine/next-charge.test.ts',
        test: 'after FAILED sends the payment to a person, and blocks the next charge until it is checked',
      },
    ],
    marks: ['event:verify.started', 'event:verify.clear', 'charge_refunded'],
    metBy: 'scenario: only a gateway that lands later than it declares charges after FAILED',
  },
];
