/**
 * Plays one world several times. Only the gateway's events differ: none, all of them at once, or lost, repeated, late and wrong. It must end in the
 * same truth each time: the same states, the same money, and no call more. Nothing else in it depends on chance or on the order in which things happen.
 */
import { createMarks } from '../core/marks.ts';
import { seededTape, steadyTape } from '../core/tape.ts';
import { createTrace } from '../core/trace.ts';
import type { Violation } from '../judge/index.ts';
import { drawPlan, type Plan } from '../plan/plan.ts';
import type { WebhookPlan } from '../plan/webhooks.ts';
import { freshKey } from '../world/asking.ts';
import { type Errand, persist } from '../world/clients.ts';
import { startProcess } from '../world/process.ts';
import { persistRefund } from '../world/refund-clients.ts';
import { createSteadyFaults } from '../world/steady-faults.ts';
import { createWorld, type World } from '../world/world.ts';
import { playOut } from './run.ts';

export interface Retold {
  /** Null: every way ended the same. */
  readonly violation: Violation | null;
  /** Of the first way that was wrong. */
  readonly story: readonly string[];
  readonly marks: Readonly<Record<string, number>>;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** One seed in this many is told in several ways. */
const RETOLD_EVERY = 50;

export function isRetold(seed: number): boolean {
  return seed % RETOLD_EVERY === 0;
}

/** What happens to the events in each way. `null`: there are none. The first way is what the others are compared with. */
const WAYS: readonly (WebhookPlan | null)[] = [
  null,
  {},
  { webhook_late: 700, webhook_twice: 300, webhook_contradicts: 100 },
  {
    webhook_lost: 300,
    webhook_late: 300,
    webhook_flood: 50,
    webhook_contradicts: 300,
    webhook_of_unknown_order: 100,
    webhook_of_another_installation: 100,
    webhook_forged: 100,
  },
];

/** All are charged at once. */
const ORDERS = 4;
/** By then every charge has ended. What has failed is tried once more. */
const NEXT_AT_MS = 6 * MINUTE;
/** What is paid by then is refunded, in two parts. */
const REFUNDS_AT_MS = 12 * MINUTE;
const FAULTS_FOR_MS = 14 * MINUTE;
/** An authorisation lasts longer than two looks are apart. Or one way sees it, and another one only that it is over. */
const HOLDS_FOR_MS = 10 * MINUTE;

/** One that leaves nothing to chance but what a call does. */
function planOf(seed: number, webhooks: WebhookPlan | null): Plan {
  const { webhooks: _, ...plan } = drawPlan(seededTape(seed));
  const { policy } = plan;
  const held = plan.captures === null ? {} : { authorizedForMs: HOLDS_FOR_MS };
  return {
    ...plan,
    story: 'plain',
    narrow: null,
    otherSettings: null,
    processes: 2,
    operators: false,
    giveUpAfterS: null,
    maxCalls: 50,
    maxLookups: 20,
    rates: plan.rates.refund_fails_later === undefined ? {} : { refund_fails_later: 300 },
    mishaps: [],
    captures: plan.captures && { ...plan.captures, holdsForMs: HOLDS_FOR_MS },
    faultsForMs: FAULTS_FOR_MS,
    policy: {
      ...policy,
      callDeadlineMs: 15 * MINUTE,
      actionWithinMs: 5 * MINUTE,
      resolveForMs: 60 * MINUTE,
      contract: { ...policy.contract, ...held, keyWindowMs: 24 * 60 * MINUTE },
    },
    ...(webhooks === null ? {} : { webhooks }),
  };
}

export async function retell(seed: number, options: { readonly keepStory: boolean }): Promise<Retold> {
  let silent: string | null = null;
  const marks = createMarks();
  for (const [index, webhooks] of WAYS.entries()) {
    const { world, story } = await tell(seed, index, webhooks, options);
    const { violation } = world.judge;
    const truth = truthOf(world);
    silent ??= truth;
    const counts = (): Record<string, number> => Object.fromEntries(marks.counts);
    if (violation !== null) return { violation, story, marks: counts() };
    if (truth !== silent) {
      const message = `without events: ${silent}; with: ${truth}`;
      return { violation: { invariant: '12 any order', message }, story, marks: counts() };
    }
    if (webhooks !== null && (world.marks.counts.get('webhook_woke') ?? 0) > 0) marks.hit('retold');
  }
  return { violation: null, story: [], marks: Object.fromEntries(marks.counts) };
}

async function tell(
  seed: number,
  index: number,
  webhooks: WebhookPlan | null,
  { keepStory }: { readonly keepStory: boolean },
): Promise<{ readonly world: World; readonly story: readonly string[] }> {
  const plan = planOf(seed, webhooks);
  const tape = steadyTape(seed);
  const trace = createTrace({ keepLines: keepStory });
  const world = createWorld({
    plan,
    tape,
    faults: createSteadyFaults(seed, tape, plan.policy.contract),
    trace,
    marks: createMarks(),
    webhookTape: seededTape(seed * WAYS.length + index),
  });
  trace.add(0, `plan: ${JSON.stringify(plan)}`);
  for (const host of world.hosts) startProcess(world, host);
  const clients = startClients(world);
  await playOut(world, () => clients.over() && !world.webhooks.busy());
  return { world, story: trace.lines };
}

function startClients(world: World): { over(): boolean } {
  const { scheduler, database } = world;
  let open = 3;
  const done = (): void => {
    open -= 1;
  };
  const at = (atMs: number, act: () => void): void => {
    scheduler.after(atMs, () => {
      act();
      done();
    });
  };
  const ask = (orderId: string): void => {
    open += 1;
    persist(world, 'a client', { ...TERMS, orderId, key: freshKey(world) }, done);
  };
  const names = Array.from({ length: ORDERS }, (_, index) => `order-${index + 1}`);
  const statusOf = (orderId: string) => database.row(TERMS.accountId, orderId)?.payment.operation.status;
  at(100, () => names.forEach(ask));
  at(NEXT_AT_MS, () => names.filter((name) => statusOf(name) === 'FAILED').forEach(ask));
  at(REFUNDS_AT_MS, () => {
    for (const orderId of names.filter((name) => statusOf(name) === 'COMPLETED')) {
      const paymentId = database.row(TERMS.accountId, orderId)?.payment.paymentId ?? '';
      for (const [refundId, amountMinor] of PARTS) {
        open += 1;
        const errand = { accountId: TERMS.accountId, orderId, paymentId, refundId, amountMinor, key: null };
        persistRefund(world, 'a client', errand, done);
      }
    }
  });
  return { over: () => open === 0 };
}

const TERMS: Omit<Errand, 'orderId' | 'key'> = {
  accountId: 'default',
  amountMinor: 1000,
  currency: 'USD',
  method: 'tok_one',
};
const PARTS = [
  ['half', 500],
  ['some', 300],
] as const;

/**
 * How everything has ended, without times and without the gateway's own ids. An early look at a gateway that lags may prove by absence what a later one
 * sees declined, so `absences` is left out, too.
 */
function truthOf({ database, ledger, refundLedger, callsByKey }: World): string {
  const payments = [...database.rows()].map(({ payment, operations }) => {
    const { order, operation, paymentId } = payment;
    const [sums] = database.read('sums', order.accountId, [paymentId]);
    const moved = sums === undefined ? null : { ...sums, paymentId: undefined, absences: undefined };
    const charges = operations.map(({ outcome, problem }) => `${outcome} ${problem}`);
    return [order.orderId, operation.status, charges, moved];
  });
  const refunds = [...database.followUps()].map(({ state: { order, followUp, operation } }) => [
    order.orderId,
    followUp.name,
    operation.status,
  ]);
  const live = [...ledger, ...refundLedger].filter(({ status }) => status === 'succeeded');
  const money = live.map(({ key, amountMinor }) => `${key} ${amountMinor}`);
  const calls = [...callsByKey].map(([key, count]) => `${key} ${count}`);
  const sorted = (list: readonly unknown[]): readonly string[] =>
    list.map((one) => JSON.stringify(one)).sort();
  return JSON.stringify([payments, refunds, money, calls].map(sorted));
}
