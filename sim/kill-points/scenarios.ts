/** The scripts in which a process is killed everywhere: all ways that a charge can take, one client, one order. */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { CallFault } from '../plan/faults.ts';
import { drained, paused } from '../scenarios/deeds.ts';
import { type Scenario, times } from '../scenarios/scenario.ts';

/** A script whose end alone is compared: how it gets there is what the crash changes. */
export type KillScenario = Omit<Scenario, 'ending'> & {
  readonly status: PaymentStatus;
  /** Where a crash may lead to another end than the undisturbed one: which, and why that is right. */
  readonly crashed?: { readonly status: PaymentStatus; readonly why: string };
};

/** Everywhere: the client repeats its request under its key until it gets a definite answer. */
const VISITS: Scenario['visits'] = [{ on: 'p1' }];
/** Ends that are true, although the undisturbed charge would have been made. */
const NEVER_SENT = {
  crashed: {
    status: 'FAILED',
    why: 'a process that dies between counting its one call and sending it has charged nothing, and a lookup proves so',
  },
} as const;

function charge(
  name: string,
  calls: readonly CallFault[],
  status: KillScenario['status'],
  more: Partial<KillScenario> = {},
): KillScenario {
  return { name, calls: [calls], visits: VISITS, status, ...more };
}

const WITHOUT_KEYS = { contract: { keys: 'none' } } as const;
const WITHOUT_LOOKUP = { contract: { lookup: false } } as const;

export const KILL_SCENARIOS: readonly KillScenario[] = [
  charge('success', [], 'COMPLETED'),
  charge('decline', ['gateway_declines'], 'FAILED'),
  charge('four errors', times(4, 'error_not_charged'), 'FAILED'),
  charge('refused four times', times(4, 'gateway_unreachable'), 'FAILED'),
  charge('a reset, then success', ['reset_not_charged'], 'COMPLETED'),
  charge('a reset that charged', ['reset_charged'], 'COMPLETED'),
  charge('a timeout that charged', ['timeout_charged'], 'COMPLETED'),
  charge('a charge that lands later', ['timeout_charged_later'], 'COMPLETED', {
    policy: { maxAttempts: 1 },
    delays: { 10000: 7000 },
    ...NEVER_SENT,
  }),
  charge('pending, then settled', ['gateway_pending'], 'COMPLETED', { delays: { 30000: 5000 } }),
  charge('pending, then declined', ['gateway_pending'], 'FAILED', {
    delays: { 30000: 5000 },
    pendingEndsDeclined: true,
  }),
  charge('429 for a second', ['gateway_limits'], 'COMPLETED', { delays: { 3: 1 } }),
  charge('forbidden, then fixed', ['gateway_forbids', 'gateway_forbids'], 'COMPLETED'),
  charge('busy', ['gateway_slow'], 'COMPLETED', { delays: { 13800: 4150 } }),
  charge('another amount', ['wrong_amount'], 'REVIEW'),
  charge('an error that is cached', ['error_not_charged'], 'FAILED', { contract: { cachesErrors: true } }),
  charge('an error that is cached and charged', ['error_charged'], 'COMPLETED', {
    contract: { cachesErrors: true },
  }),
  charge('no keys, a reset that charged', ['reset_charged'], 'COMPLETED', WITHOUT_KEYS),
  charge('no keys, a reset that did not', ['reset_not_charged'], 'COMPLETED', WITHOUT_KEYS),
  charge('no keys, a decline', ['gateway_declines'], 'FAILED', WITHOUT_KEYS),
  charge('no lookup, a timeout that charged', ['timeout_charged'], 'COMPLETED', WITHOUT_LOOKUP),
  charge('no lookup, one call, in doubt', ['timeout_charged'], 'REVIEW', {
    ...WITHOUT_LOOKUP,
    policy: { maxAttempts: 1 },
  }),
  charge('lookups that lag', ['timeout_charged_later'], 'COMPLETED', {
    policy: { maxAttempts: 1 },
    contract: { lookupLagMs: 3001 },
    delays: { 10000: 2000, 3001: 3000 },
    ...NEVER_SENT,
  }),
  charge('lookups that fail first', ['reset_charged'], 'COMPLETED', {
    policy: { maxAttempts: 1 },
    lookups: ['lookup_down', 'lookup_timeout'],
    ...NEVER_SENT,
  }),
  charge('the key expires', ['timeout_charged'], 'COMPLETED', {
    contract: { keyWindowMs: 12_000 },
    ...NEVER_SENT,
  }),
  charge('the next charge after a decline', ['gateway_declines'], 'COMPLETED', {
    visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2' }],
  }),
  charge('the next charge after an absence', times(4, 'gateway_unreachable'), 'COMPLETED', {
    visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2' }],
  }),
  charge('joined by a second key', ['gateway_slow'], 'COMPLETED', {
    delays: { 13800: 1500 },
    visits: [
      { atMs: 100, on: 'p1' },
      { atMs: 500, on: 'p2', key: 'key-2' },
    ],
  }),
  charge('found by a second key', [], 'COMPLETED', { visits: [{ on: 'p1' }, { on: 'p2', key: 'key-2' }] }),
  charge('asked without a key', ['reset_charged'], 'COMPLETED', { visits: [{ on: 'p1', key: null }] }),
  charge('the acknowledgement of the intent is lost', [], 'COMPLETED', {
    store: { p1: { accept: ['store_ack_lost'] } },
  }),
  charge('the acknowledgement of a claim is lost', ['reset_not_charged'], 'COMPLETED', {
    store: { p1: { advance: ['none', 'store_ack_lost'] } },
  }),
  charge('the acknowledgement of the outcome is lost', [], 'COMPLETED', {
    store: { p1: { advance: ['store_ack_lost'] } },
  }),
  charge('evidence of a zombie', [], 'COMPLETED', {
    visits: [
      { atMs: 100, on: 'p1' },
      { atMs: 1000, on: 'p2' },
    ],
    moments: [{ on: 'p1', use: 'call', when: 'after', deed: paused(15_000) }],
    lastsMs: 30_000,
  }),
  charge('a drain during the call', ['gateway_slow'], 'COMPLETED', {
    delays: { 13800: 2000 },
    mishaps: [{ atMs: 300, deed: drained() }],
  }),
  charge('a drain while a retry waits', ['gateway_limits'], 'COMPLETED', {
    delays: { 3: 1 },
    mishaps: [{ atMs: 300, deed: drained() }],
  }),
  charge('the answer has expired', [], 'COMPLETED', {
    plan: { retentionMs: 5000 },
    visits: [{ on: 'p1' }, { atMs: 12_000, on: 'p2' }],
  }),
];
