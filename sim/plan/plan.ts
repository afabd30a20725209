/**
 * The plan of one seed. Each seed draws its own small world, its gateway's contract, and which faults happen how often.
 * Many seeds with few kinds of fault each find more than all faults in every run (swarm testing, Groce et al. 2012).
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Tape } from '../core/tape.ts';
import type {
  CallFault,
  FaultName,
  LookupFault,
  Mishap,
  PrepareFault,
  SealFault,
  StoreFault,
} from './faults.ts';
import { drawNarrow, type Narrow } from './narrow.ts';
import { drawWebhooks, type WebhookPlan } from './webhooks.ts';

/**
 * What a world is about besides its faults. `stubborn`: one order fails more than twenty times before one of its earlier charges
 * turns out to have been made. `two_gateways`: processes are set to different gateways. `restored`: the database is restored to an
 * earlier moment. `haggling`: many clients ask for one order, without keys and on changing terms, and their intents are stored late.
 */
export type Story = 'plain' | 'stubborn' | 'two_gateways' | 'restored' | 'haggling';

/** The settings of the second process that differ from those of the others. */
export type OtherSettings = Pick<Policy, 'maxAttempts' | 'leaseMs' | 'lookupBaseMs'> &
  Pick<Plan, 'callTimeoutMs'>;

export interface Plan {
  readonly story: Story;
  /** Limits that are reached all the time. Null: the product's own, which so small a world never reaches. */
  readonly narrow: Narrow | null;
  /** A script says what goes wrong, not `mishaps`. */
  readonly scripted?: true;
  readonly otherSettings: OtherSettings | null;
  readonly processes: number;
  readonly orders: number;
  readonly clients: number;
  readonly requestsPerClient: number;
  readonly policy: Policy;
  /** The time limit that the requests for every second order set. Null: none sets one. */
  readonly giveUpAfterS: number | null;
  readonly callTimeoutMs: number;
  readonly sweepMs: number;
  readonly maxCalls: number;
  readonly maxLookups: number;
  /** Whether the gateway repeats the key in its answer to a lookup. */
  readonly echoes: boolean;
  readonly retentionMs: number;
  readonly cacheEntries: number;
  readonly refunds: RefundPlan;
  /** Null: all money is taken at once. */
  readonly captures: CapturePlan | null;
  /** Operators ask for lookups, and say how what is in REVIEW has ended. */
  readonly operators: boolean;
  /** In two steps: the gateway knows no keys of requests for an object, and makes one for each. */
  readonly preparesAnew?: true;
  /** The events that the gateway sends. Absent: it sends none. */
  readonly webhooks?: WebhookPlan;
  /** Chances in a thousand, for each statement, call, lookup or timer. */
  readonly rates: Readonly<Partial<Record<FaultName, number>>>;
  readonly mishaps: readonly Mishap[];
  /** The average time between two mishaps. */
  readonly calmMs: number;
  /** After this long all faults stop. */
  readonly faultsForMs: number;
}

/** What is refunded, and by what kind of gateway. */
export interface RefundPlan {
  /** How many completed answers of a thousand a client answers with refunds. */
  readonly perMille: number;
  /** Whether the gateway refuses to refund more than is left of a charge. If not, it does not hide a mistake of ours. */
  readonly counted: boolean;
  /** Whether the gateway says how much of a charge was refunded in all. */
  readonly saysSum: boolean;
}

/** Some orders are charged with manual capture. */
export interface CapturePlan {
  /** How many answers of a thousand that say AUTHORIZED a client answers with a capture or a void. */
  readonly perMille: number;
  /** How long the gateway holds the money. */
  readonly holdsForMs: number;
  /** Whether it says until when. */
  readonly saysUntil: boolean;
}

/** Whether the order is charged with manual capture. Always the same, because a key stands for one request. */
export function isManual({ captures }: Plan, orderId: string): boolean {
  return captures !== null && !orderId.endsWith('3');
}

export const NO_REFUNDS: RefundPlan = { perMille: 0, counted: true, saysSum: true };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const STORE_FAULTS: readonly Exclude<StoreFault, 'none'>[] = [
  'store_refused',
  'store_cut_before',
  'store_cut_rolled_back',
  'store_ack_lost',
  'store_commits_late',
  'store_slow',
  'store_serialization',
];
/** `customer_must_act` is drawn apart: see `inTwoSteps`. */
export const CALL_FAULTS: readonly Exclude<CallFault, 'none' | 'customer_must_act'>[] = [
  'gateway_declines',
  'gateway_unreachable',
  'gateway_limits',
  'gateway_forbids',
  'error_not_charged',
  'error_charged',
  'reset_not_charged',
  'reset_charged',
  'reset_charged_later',
  'timeout_not_charged',
  'timeout_charged',
  'timeout_charged_later',
  'kernel_holds_request',
  'garbage_not_charged',
  'garbage_charged',
  'ambiguous_charged',
  'gateway_slow',
  'gateway_pending',
  'wrong_amount',
  'wrong_currency',
  'wrong_reference',
  'answer_about_another',
];
export const LOOKUP_FAULTS: readonly Exclude<LookupFault, 'none'>[] = [
  'lookup_down',
  'lookup_timeout',
  'lookup_slow',
  'lookup_forbidden',
  'lookup_about_another',
  'lookup_cached',
  'lookup_of_another',
  'lookup_ambiguous',
];
export const PREPARE_FAULTS: readonly Exclude<PrepareFault, 'none'>[] = [
  'prepare_lost',
  'prepare_answer_lost',
  'prepare_late',
  'prepare_error',
  'prepare_declined',
];
export const SEAL_FAULTS: readonly Exclude<SealFault, 'none'>[] = [
  'seal_lost',
  'seal_answer_lost',
  'seal_late',
  'seal_error',
];
export const MISHAPS: readonly Mishap[] = [
  'process_killed',
  'process_paused',
  'event_loop_stalls',
  'machine_suspended',
  'process_drained',
  'clock_jumps',
  'database_crashes',
  'database_loses_commits',
  'database_clock_steps',
  'cut_from_database',
  'answers_of_database_lost',
  'cut_from_gateway',
  'gateway_outage',
  'gateway_errors',
  'credentials_revoked',
  'charge_lands_late',
];

/** Those that are about refunds. */
export const REFUND_MISHAPS: readonly Mishap[] = ['refund_lands_late', 'refund_elsewhere'];

/** Those that are about money that is authorised first. */
export const CAPTURE_MISHAPS: readonly Mishap[] = ['ended_elsewhere'];

const DATABASE_MISHAPS: ReadonlySet<Mishap> = new Set([
  'database_crashes',
  'database_loses_commits',
  'cut_from_database',
  'answers_of_database_lost',
]);

/** Whether nothing goes wrong between the processes and the database. */
export function isStoreSound({ rates, mishaps, story }: Plan): boolean {
  return (
    story !== 'restored' &&
    STORE_FAULTS.every((name) => rates[name] === undefined) &&
    !mishaps.some((mishap) => DATABASE_MISHAPS.has(mishap))
  );
}

/** These make a run long, or break a contract. */
const RARE_MISHAPS: ReadonlySet<Mishap> = new Set([
  'event_loop_stalls',
  'machine_suspended',
  'charge_lands_late',
]);

/** These break what every gateway promises, so they are rarer than the others. */
const RARE: ReadonlySet<FaultName> = new Set(['wrong_amount', 'wrong_currency', 'wrong_reference']);

export function drawPlan(tape: Tape): Plan {
  const plan = drawPlain(tape);
  const story = drawStory(tape);
  // Some are shorter than the time of the faults, some are longer.
  const giveUpAfterS = tape.chance(250) ? tape.pick([30, 5, 300]) : null;
  // A stubborn order must fail often.
  const told = {
    ...plan,
    story,
    ...CHANGES[story](plan),
    giveUpAfterS: story === 'stubborn' ? null : giveUpAfterS,
  };
  const plain = story !== 'stubborn' && tape.chance(NARROW) ? narrowed(told, tape) : told;
  const drawn = inTwoSteps(withOperators(withRefunds(plain, tape), tape), tape);
  return withWebhooks(withCaptures(drawn, tape), tape);
}

/** Drawn last, so that a world without refunds is drawn as ever. */
function withRefunds(plan: Plan, tape: Tape): Plan {
  const refunds = {
    // Few worlds are restored, so most of them have refunds.
    perMille: tape.pick(plan.story === 'restored' ? [0, 400, 400, 400] : [0, 0, 0, 400]),
    counted: !tape.chance(500),
    saysSum: !tape.chance(300),
  };
  if (refunds.perMille === 0 || plan.story === 'stubborn') return plan;
  const failsLater = tape.chance(60) ? { refund_fails_later: 300 } : {};
  const mishaps = REFUND_MISHAPS.filter(() => tape.chance(100));
  return {
    ...plan,
    refunds,
    rates: { ...plan.rates, ...failsLater },
    mishaps: [...plan.mishaps, ...mishaps],
  };
}

/** Drawn after refunds. They do not act where the database forgets what they have said. */
function withOperators(plan: Plan, tape: Tape): Plan {
  const operators = tape.chance(OPERATED);
  return { ...plan, operators: operators && !forgets(plan) };
}

/** Whether the database may forget what it has committed. */
function forgets({ story, mishaps }: Plan): boolean {
  return story === 'restored' || mishaps.includes('database_loses_commits');
}

/** Drawn after operators: what is charged in one step is drawn as ever. */
function inTwoSteps(plan: Plan, tape: Tape): Plan {
  // An order that fails often by absence needs a gateway without a seal.
  if (!tape.chance(IN_TWO_STEPS) || plan.story === 'stubborn') return plan;
  const { policy } = plan;
  const { contract } = policy;
  const isKept = contract.keys === 'kept';
  const rates: Partial<Record<FaultName, number>> = {};
  for (const name of [...PREPARE_FAULTS, ...SEAL_FAULTS]) {
    if (tape.chance(350)) rates[name] = tape.pick([100, 300, 20]);
  }
  if (tape.chance(400)) rates.customer_must_act = tape.pick([100, 300, 600]);
  // A database that forgets handles cannot tell which of several was confirmed.
  const preparesAnew = tape.chance(300) && !forgets(plan);
  return {
    ...plan,
    ...(preparesAnew ? { preparesAnew: true as const } : {}),
    policy: {
      ...policy,
      actionWithinMs: tape.pick([policy.actionWithinMs, 20 * SECOND]),
      contract: {
        ...contract,
        steps: 'two',
        keys: 'kept',
        // What may happen where keys are not kept is not safe with every window: see `survivesSteps`.
        keyWindowMs: isKept ? contract.keyWindowMs : 24 * 60 * MINUTE,
        lookup: true,
      },
    },
    rates: { ...plan.rates, ...rates },
    // What is made there long after its time belongs to no object, so no read by a handle shows it.
    mishaps: plan.mishaps.filter((one) => one !== 'charge_lands_late'),
  };
}

/** Drawn last: where no money is authorised first, all is drawn as ever. */
function withCaptures(plan: Plan, tape: Tape): Plan {
  const forgets = plan.story === 'restored' || plan.mishaps.includes('database_loses_commits');
  if (!tape.chance(CAPTURING) || plan.story === 'stubborn' || forgets) return plan;
  const { policy, refunds } = plan;
  const captures: CapturePlan = {
    perMille: tape.pick([900, 700]),
    holdsForMs: tape.pick([MINUTE, 10 * MINUTE, 10 * SECOND]),
    saysUntil: !tape.chance(300),
  };
  const mishaps = CAPTURE_MISHAPS.filter(() => tape.chance(150));
  return {
    ...plan,
    captures,
    refunds: tape.chance(500) ? refunds : { ...refunds, perMille: 400 },
    policy: {
      ...policy,
      contract: { ...policy.contract, lookup: true, authorizedForMs: captures.holdsForMs },
    },
    mishaps: [...plan.mishaps, ...mishaps],
  };
}

/** In how many worlds in a thousand money is authorised first. */
const CAPTURING = 170;

/** Drawn last: what has no events is drawn as ever. */
function withWebhooks(plan: Plan, tape: Tape): Plan {
  const webhooks = drawWebhooks(tape);
  return webhooks === null ? plan : { ...plan, webhooks };
}

/** How many worlds in a thousand charge in two steps. */
const IN_TWO_STEPS = 200;

/** In how many worlds in a thousand operators act. */
const OPERATED = 150;

/** How many worlds in a thousand have limits that are reached. */
const NARROW = 80;

/** Many clients, slow calls and outages, so that some requests wait for what others hold. */
function narrowed(plan: Plan, tape: Tape): Plan {
  const { giveUpAfterS } = plan;
  const crowded = plan.story === 'plain' ? { orders: 4, clients: 6, faultsForMs: 20 * SECOND } : {};
  const { rates, mishaps, policy } =
    plan.story === 'plain' && tape.chance(500) ? onlyAtGateway(plan, tape) : plan;
  const narrow = drawNarrow(tape);
  const [maxCalls, maxLookups] = [tape.pick([1, 2]), tape.pick([1, 2])];
  const cacheEntries = tape.pick([2, 1, 4]);
  const patience = giveUpAfterS ?? (tape.chance(300) ? tape.pick([5, 2, 30]) : null);
  return {
    ...plan,
    ...crowded,
    policy,
    narrow,
    maxCalls,
    maxLookups,
    cacheEntries,
    giveUpAfterS: patience,
    rates: {
      ...rates,
      gateway_slow: rates.gateway_slow ?? 100,
      gateway_unreachable: rates.gateway_unreachable ?? 100,
      ...(tape.chance(300) ? { gateway_pending: 300 } : {}),
      ...(tape.chance(300) ? { timer_late: 100 } : {}),
    },
    mishaps: [...new Set([...mishaps, ...tape.pick(TROUBLES)])],
  };
}

/**
 * If neither processes nor the database fail, everything that is late is late because of a limit. Without keys, many calls need a
 * lookup first, and so a slot of each kind.
 */
function onlyAtGateway({ rates, policy }: Plan, tape: Tape): Pick<Plan, 'rates' | 'mishaps' | 'policy'> {
  const { timer_late: _, ...others } = rates;
  const kept = Object.entries(others).filter(([name]) => !STORE_FAULTS.some((one) => one === name));
  const keys = tape.chance(500) ? 'none' : policy.contract.keys;
  return {
    rates: { lookup_slow: 100, reset_not_charged: 100, ...Object.fromEntries(kept) },
    mishaps: [],
    policy: { ...policy, contract: { ...policy.contract, keys, lookup: true } },
  };
}

/** These make many calls in a row fail, so that calls are stopped. */
const TROUBLES: readonly [readonly Mishap[], ...(readonly Mishap[])[]] = [
  ['gateway_outage'],
  ['gateway_errors'],
  ['gateway_outage', 'gateway_errors'],
  ['credentials_revoked', 'gateway_outage'],
];

/** The time limit in the requests for an order. Undefined: none. It is always the same, because a key stands for one request. */
export function patienceOf({ giveUpAfterS }: Plan, orderId: string): number | undefined {
  return giveUpAfterS !== null && /[13579]$/.test(orderId) ? giveUpAfterS : undefined;
}

function drawStory(tape: Tape): Story {
  const roll = tape.below(1000);
  return SHARES.find(({ from }) => roll >= from)?.story ?? 'plain';
}

/** Where each story's share of a thousand begins. It ends where the one listed before it begins. */
const SHARES: readonly { readonly story: Story; readonly from: number }[] = [
  { story: 'stubborn', from: 985 },
  { story: 'two_gateways', from: 965 },
  { story: 'restored', from: 935 },
  { story: 'haggling', from: 910 },
];

/** What a story changes in the plan that was drawn. */
const CHANGES: Readonly<Record<Story, (plan: Plan) => Partial<Plan>>> = {
  plain: () => ({}),
  // Nothing else may keep the order from failing often.
  stubborn: () => ({ mishaps: [], rates: {}, maxLookups: 20, faultsForMs: 5 * MINUTE }),
  two_gateways: ({ mishaps, rates }) => ({
    mishaps: [...mishaps.filter((one) => !DATABASE_MISHAPS.has(one)), 'charge_lands_late'],
    rates: { ...rates, gateway_unreachable: 300, gateway_declines: 100 },
    faultsForMs: MINUTE,
  }),
  restored: () => ({ mishaps: [], faultsForMs: 20 * SECOND }),
  haggling: ({ rates, mishaps }) => ({
    orders: 1,
    rates: { ...rates, store_ack_lost: 60, store_commits_late: 100, store_slow: 60, gateway_declines: 300 },
    mishaps: mishaps.filter((one) => one !== 'database_loses_commits'),
  }),
};

function drawPlain(tape: Tape): Plan {
  const policy = drawPolicy(tape);
  return {
    story: 'plain',
    narrow: null,
    otherSettings: tape.chance(50) ? drawOtherSettings(tape) : null,
    processes: 2 + (tape.chance(150) ? 1 : 0),
    orders: 3 + (tape.chance(100) ? 2 : 0),
    clients: 5 + (tape.chance(100) ? 3 : 0),
    requestsPerClient: 1 + tape.below(3),
    policy,
    giveUpAfterS: null,
    callTimeoutMs: 4 * SECOND,
    sweepMs: 2.5 * SECOND,
    maxCalls: tape.chance(100) ? 1 : 50,
    maxLookups: tape.chance(100) ? 1 : 20,
    echoes: tape.chance(500),
    retentionMs: tape.chance(150) ? 20 * SECOND : 24 * 60 * MINUTE,
    cacheEntries: tape.chance(300) ? 0 : 100,
    refunds: NO_REFUNDS,
    captures: null,
    operators: false,
    rates: drawRates(tape),
    mishaps: MISHAPS.filter(
      (mishap) =>
        tape.chance(RARE_MISHAPS.has(mishap) ? 60 : 200) &&
        (mishap !== 'database_loses_commits' || survivesLoss(policy, tape)) &&
        (mishap !== 'database_clock_steps' || survivesSteps(policy)),
    ),
    calmMs: tape.pick([15 * SECOND, 6 * SECOND, 2 * SECOND]),
    faultsForMs: tape.pick([20 * SECOND, 60 * SECOND]),
  };
}

/** If the database loses commits, only a gateway that keeps its keys can still prevent a second charge. */
function survivesLoss({ contract }: Policy, tape: Tape): boolean {
  return contract.keys === 'kept' && contract.keyWindowMs > 60 * MINUTE && tape.chance(150);
}

/** A key window of seconds may be shorter than a step of the clock. In a real one, of hours, no retry comes near its end. */
function survivesSteps({ contract }: Policy): boolean {
  return contract.keys === 'none' || contract.keyWindowMs > 60 * MINUTE;
}

function drawPolicy(tape: Tape): Policy {
  return {
    contract: drawContract(tape),
    maxAttempts: tape.pick([4, 4, 2, 1]),
    backoffBaseMs: 100,
    backoffCapMs: 10 * SECOND,
    retryAfterCapMs: 20 * SECOND,
    callDeadlineMs: tape.pick([15 * MINUTE, 30 * SECOND]),
    giveUpAfterS: 0,
    forbiddenPauseMs: 5 * SECOND,
    leaseMs: 6 * SECOND,
    lookupBaseMs: 2 * SECOND,
    lookupCapMs: MINUTE,
    pendingPollMs: SECOND,
    actionWithinMs: 5 * MINUTE,
    resolveForMs: tape.pick([60 * MINUTE, 60 * MINUTE, 30 * SECOND]),
    reviewLookupMs: 2 * MINUTE,
    restoredAtMs: null,
  };
}

function drawOtherSettings(tape: Tape): OtherSettings {
  return {
    maxAttempts: tape.pick([8, 2, 1]),
    leaseMs: tape.pick([9 * SECOND, 3 * SECOND]),
    callTimeoutMs: 2 * SECOND,
    lookupBaseMs: tape.pick([500, 5 * SECOND]),
  };
}

/** The policy of one process; `index` counts from 0. */
export function policyOf({ policy, otherSettings }: Plan, index: number): Policy {
  if (index !== 1 || otherSettings === null) return policy;
  const { maxAttempts, leaseMs, lookupBaseMs } = otherSettings;
  return { ...policy, maxAttempts, leaseMs, lookupBaseMs };
}

/** The bounds that hold whichever process acts. */
export function boundsOf({ policy, otherSettings }: Plan): {
  readonly leaseMs: number;
  readonly fewestAttempts: number;
  readonly mostAttempts: number;
} {
  const { maxAttempts, leaseMs } = otherSettings ?? policy;
  return {
    leaseMs: Math.max(policy.leaseMs, leaseMs),
    fewestAttempts: Math.min(policy.maxAttempts, maxAttempts),
    mostAttempts: Math.max(policy.maxAttempts, maxAttempts),
  };
}

function drawContract(tape: Tape): GatewayContract {
  const keys = tape.chance(250) ? 'none' : 'kept';
  return {
    steps: 'one',
    keys,
    keyWindowMs: tape.pick([24 * 60 * MINUTE, 24 * 60 * MINUTE, 30 * SECOND, 12 * SECOND]),
    cachesErrors: tape.chance(200),
    lookup: !tape.chance(150),
    lookupLagMs: tape.pick([0, 0, 3 * SECOND, 10 * SECOND]),
    landsWithinMs: tape.pick([10 * SECOND, 20 * SECOND, 2 * SECOND]),
  };
}

function drawRates(tape: Tape): Plan['rates'] {
  const rates: Partial<Record<FaultName, number>> = {};
  for (const name of STORE_FAULTS) {
    if (tape.chance(250)) rates[name] = tape.pick([10, 60]);
  }
  // Lookups are rarer than anything else, so their faults need higher rates.
  for (const name of LOOKUP_FAULTS) {
    if (tape.chance(250)) rates[name] = tape.pick([60, 300]);
  }
  for (const name of CALL_FAULTS) {
    if (tape.chance(RARE.has(name) ? 60 : 350)) rates[name] = tape.pick([20, 100, 300]);
  }
  if (tape.chance(200)) rates.timer_late = 100;
  if (tape.chance(200)) rates.gateway_connects_slowly = 150;
  return rates;
}
