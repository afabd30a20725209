/** What an order's past, other settings or a restored database bring back, and what must follow. */
import { databaseBackedUp, evidenceOfFirst, firstLandsLate } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times, type Visit } from '../scenario.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };

/** Charge 1 never leaves, and twenty-two more are declined. */
const OFTEN_FAILED: Pick<Scenario, 'calls' | 'policy'> = {
  policy: { maxAttempts: 1 },
  calls: [['gateway_unreachable'], ...times(22, ['gateway_declines' as const]), []],
};
const tries = (count: number): readonly Visit[] =>
  Array.from({ length: count }, (_one, index) => ({ on: 'p1', key: `key-${index + 1}`, waitMs: 60_000 }));

const oldEvidence: Scenario = {
  ...OFTEN_FAILED,
  name: 'evidence about the first of twenty-three failed charges',
  visits: [...tries(23), { atMs: 60_000, on: 'p1', key: 'key-24', waitMs: 10_000 }],
  mishaps: [{ atMs: 50_000, deed: evidenceOfFirst }],
  ending: {
    status: 'REVIEW',
    ledger: [...times(22, 'declined' as const), 'succeeded'],
    calls: 23,
    lookups: { atMost: 600 },
    heard: ['gateway_failed, started', ...times(22, 'card_declined, started'), '202 REVIEW'],
    alarms: ['needs_review'],
    failureCode: 'late_success',
  },
};

const otherGateway: Scenario = {
  name: 'charge 1 fails at one gateway and is made late; a process with another gateway gets the request for charge 2',
  plan: { story: 'two_gateways' },
  policy: { maxAttempts: 1 },
  calls: [['gateway_unreachable'], []],
  visits: [
    { on: 'p1', waitMs: 60_000 },
    { atMs: 10_000, on: 'p2', key: 'key-2', waitMs: 5000 },
  ],
  mishaps: [{ atMs: 5000, deed: firstLandsLate }],
  // Whether the second request is refused or goes to a person: nothing is charged.
  ending: { ledger: ['succeeded'], calls: 1, lookups: { atMost: 100 } },
};

const restoredAfterDay: Scenario = {
  name: 'restored after a day, when the gateway has forgotten the key; RESTORED_AT is set, and the client comes back',
  databaseFails: true,
  plan: { faultsForMs: 26 * HOUR },
  visits: [{ on: 'p1' }, { atMs: 25 * HOUR + 20_000, persists: true }],
  mishaps: [
    { atMs: 50, deed: databaseBackedUp({ lostAtMs: 5000, downMs: 25 * HOUR, told: true, idLost: false }) },
  ],
  ending: { ...ONCE, calls: 1, lookups: { atMost: 3 }, heard: times(2, 'COMPLETED, started') },
};

const restoredInCall: Scenario = {
  name: 'restored to the middle of charge 1, without its failure and without charge 2; RESTORED_AT is set',
  databaseFails: true,
  calls: [['reset_not_charged'], []],
  policy: { maxAttempts: 1 },
  visits: [
    { on: 'p1', waitMs: 60_000 },
    { on: 'p1', key: 'key-2', waitMs: 60_000 },
    { atMs: 10 * MINUTE, on: 'p1', persists: true },
  ],
  mishaps: [
    {
      atMs: 3000,
      deed: databaseBackedUp({ lostAtMs: 2 * MINUTE, downMs: MINUTE, told: true, idLost: false }),
    },
  ],
  // Charge 2 is live: charge 1 must not be called FAILED, and nothing is sent.
  ending: { ledger: ['succeeded'], calls: 2, lookups: { atMost: 200 }, alarms: ['needs_review'] },
};

const otherInstallation: Scenario = {
  name: 'restored into a fresh schema, which has another installation id, with a charge under way',
  databaseFails: true,
  plan: { faultsForMs: 26 * HOUR },
  calls: [['timeout_charged']],
  visits: [
    { on: 'p1', hangsUp: true },
    { atMs: 2 * MINUTE, persists: true },
  ],
  mishaps: [
    { atMs: 1000, deed: databaseBackedUp({ lostAtMs: 2000, downMs: MINUTE, told: false, idLost: true }) },
  ],
  ending: { ...ONCE, heard: ['COMPLETED, started, replayed'] },
};

const unheardIntent: Scenario = {
  name: 'a client without a key, whose intent is stored but not acknowledged; its charge fails, and one on other terms follows',
  policy: { leaseMs: 1600 },
  plan: { callTimeoutMs: 1000 },
  store: { p1: { accept: ['store_ack_lost'], situation: ['store_slow'] } },
  delays: { 10000: 4900 },
  calls: [['gateway_declines'], []],
  visits: [
    { atMs: 100, on: 'p1', key: null, amountMinor: 2000, waitMs: 30_000 },
    { atMs: 4400, on: 'p2', key: 'key-2', persists: true },
  ],
  // The first client gets the order's state, never an answer that says that nothing was sent: the judge checks this.
  ending: { status: 'COMPLETED', ledger: ['declined', 'succeeded'], calls: 2, lookups: { atMost: 3 } },
};

export const HISTORY_FAULTS: readonly NamedFault[] = [
  {
    class: 'late money',
    fault: 'evidence about the first of many failed charges',
    expected:
      'Before the next charge, every charge that failed without a decline, or about which evidence came in, is looked up, however many there are.',
    scenarios: [oldEvidence],
    marks: ['client:stubborn', 'charge_lands_late'],
  },
  {
    class: 'operator',
    fault: 'two gateways, or other settings, at once',
    expected:
      'A charge is looked up where it was made. A process that cannot look it up there sends nothing. Other numbers of attempts, leases and waits change nothing about the money.',
    scenarios: [otherGateway],
    marks: ['two_gateways', 'other_settings', 'charge_lands_late'],
  },
  {
    class: 'operator',
    fault: 'the database is restored to an earlier moment',
    expected:
      'With RESTORED_AT, the processes look up every charge, and the one after it, before they send it or report it as failed: one charge. Without it, the gateway’s keys protect the order for as long as they are kept.',
    scenarios: [restoredAfterDay, restoredInCall],
    marks: ['database_restored', 'restore_told', 'restore_untold'],
  },
  {
    class: 'operator',
    fault: 'rows are restored into a fresh schema with another installation id',
    expected: 'Nothing is sent and nothing is stored until the id is restored. An alarm names it.',
    scenarios: [otherInstallation],
    marks: ['installation_id_lost'],
  },
  {
    class: 'client',
    fault: 'without a key, on changing terms, with intents that are stored late',
    expected:
      'If a client’s intent may be stored, the client gets its outcome, and never an answer that says that nothing was sent.',
    scenarios: [unheardIntent],
    marks: ['client:haggles'],
  },
];
