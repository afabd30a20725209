/** The scripts in which a process is killed everywhere: all ways that a charge, a refund, a capture or a void can take, for one order. */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { CallFault } from '../plan/faults.ts';
import { drained, paused } from '../scenarios/deeds.ts';
import { type Scenario, times } from '../scenarios/scenario.ts';
import { CAPTURE_SCENARIOS } from './captures.ts';
import { TWO_STEP_SCENARIOS } from './two-steps.ts';

/** A script whose end alone is compared: how it gets there is what the crash changes. */
export type KillScenario = Omit<Scenario, 'ending'> & {
  readonly status: PaymentStatus;
  /** How the refunds end, in the order in which they were opened, and the last answer about one. Undefined: there are none. */
  readonly refunds?: { readonly ends: readonly PaymentStatus[]; readonly told: RegExp };
  /**
   * How captures and voids end, in the order in which they were opened, and the last answer about one. A crash may change which of two is the
   * first. Undefined: there are none.
   */
  readonly ends?: { readonly ends: readonly PaymentStatus[]; readonly told: RegExp };
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

/** The order is paid, and then given back. */
function refund(
  name: string,
  calls: readonly (readonly CallFault[])[],
  refunds: NonNullable<KillScenario['refunds']>,
  more: Partial<KillScenario> = {},
): KillScenario {
  const visits = [{ on: 'p1' }, { on: 'p1', refund: PART }] as const;
  return { name, visits, status: 'COMPLETED', refundCalls: calls, refunds, ...more };
}

const HOUR_MS = 3_600_000;
const PART = { amountMinor: 700 } as const;
const ANOTHER_PART = { ...PART, refundId: 'refund-2' } as const;
const MADE = { ends: ['COMPLETED'], told: /^SUCCEEDED/ } as const;

const REFUNDS: readonly KillScenario[] = [
  refund('a refund', [], MADE),
  refund('a refund, named by its key', [], MADE, {
    visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2', refund: { ...PART, refundId: null } }],
  }),
  refund('a refund that is declined', [['gateway_declines']], { ends: ['FAILED'], told: /^refund_declined/ }),
  refund('a refund that loses its answer', [['reset_charged']], MADE),
  refund('a refund that lands later', [['timeout_charged_later']], MADE, { delays: { 10000: 7000 } }),
  refund('a refund that meets an error, and was made', [['error_charged']], MADE),
  refund('a refund that is pending, then made', [['gateway_pending']], MADE, { delays: { 30000: 5000 } }),
  refund(
    'a refund that is pending, then declined',
    [['gateway_pending']],
    { ends: ['FAILED'], told: /^refund_declined/ },
    {
      delays: { 30000: 5000 },
      pendingEndsDeclined: true,
    },
  ),
  refund('one refund, asked for twice at once', [], MADE, {
    visits: [
      { on: 'p1' },
      { atMs: 30_000, on: 'p1', refund: PART },
      { atMs: 30_000, on: 'p2', refund: PART },
    ],
  }),
  refund(
    'two refunds at once, and room for one',
    [],
    { ends: ['COMPLETED'], told: /^SUCCEEDED|^refund_exceeds_captured/ },
    {
      visits: [
        { on: 'p1' },
        { atMs: 30_000, on: 'p1', refund: PART },
        { atMs: 30_000, on: 'p2', refund: ANOTHER_PART },
      ],
    },
  ),
  refund(
    'a refund behind one that is proved absent',
    [times(4, 'reset_not_charged')],
    { ends: ['FAILED', 'COMPLETED'], told: /^SUCCEEDED/ },
    {
      visits: [{ on: 'p1' }, { on: 'p1', refund: PART }, { on: 'p1', refund: ANOTHER_PART }],
    },
  ),
  refund(
    'a refund that fails an hour after it was made',
    [],
    { ends: ['FAILED'], told: /^result_superseded|^refund_declined/ },
    {
      visits: [{ on: 'p1' }, { on: 'p1', refund: PART }, { atMs: 3 * HOUR_MS, on: 'p1', refund: PART }],
      refundFailsLater: true,
      // An hour has too many sweeps to die at each of them.
      plan: { sweepMs: HOUR_MS / 3 },
      delays: { 60000: 10_000 },
    },
  ),
  refund('a refund without keys that loses its answer', [['reset_charged']], MADE, WITHOUT_KEYS),
  refund('the acknowledgement that a refund was opened is lost', [], MADE, {
    store: { p1: { openFollowUp: ['store_ack_lost'] } },
  }),
  refund('the acknowledgement of a refund’s outcome is lost', [], MADE, {
    store: { p1: { advanceFollowUp: ['store_ack_lost'] } },
  }),
];

/** The gateway sends events, also to processes that are dead. */
const WEBHOOKS: readonly KillScenario[] = [
  charge('pending, and an event says how it was decided', ['gateway_pending'], 'COMPLETED', {
    plan: { webhooks: {} },
    policy: { pendingPollMs: 30_000 },
  }),
  charge('declined, and every event says that it was paid', ['gateway_declines'], 'FAILED', {
    plan: { webhooks: { webhook_contradicts: 1000 } },
  }),
  refund(
    'a refund that is pending, then declined, and events say so',
    [['gateway_pending']],
    { ends: ['FAILED'], told: /^refund_declined/ },
    { plan: { webhooks: {} }, delays: { 30000: 5000 }, pendingEndsDeclined: true },
  ),
];

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
  ...REFUNDS,
  ...TWO_STEP_SCENARIOS,
  ...WEBHOOKS,
  ...CAPTURE_SCENARIOS,
];
