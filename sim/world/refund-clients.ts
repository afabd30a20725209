/**
 * Clients that give money back, as they really are: in parts or all that is left, several parts at once that are together too much, by their
 * own name or by a key alone, several clients the same refund, and again when no answer came.
 */
import type { RefundAnswer } from '../../src/engine/api.ts';
import type { RefundAsked } from '../judge/index.ts';
import { anyProcess, freshKey, HANGS_AFTER_MS } from './asking.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** The route that the keys of all simulated refunds belong to. */
export const REFUND_ROUTE = 'POST /v1/payments/{payment_id}/refunds';

/** The payment that a client wants to give back. */
export interface Paid {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/** A refund that a client wants, again and again until it has its answer. */
export type RefundErrand = Omit<RefundAsked, 'id' | 'atMs'>;

/** `lost`: no process was up, or the process died before it answered. */
export type Heard = RefundAnswer | 'lost';

/** Some have the same name whoever asks. Together they are more than the 1,000 that an order costs. */
const USUAL: readonly [Terms, ...Terms[]] = [
  { refundId: 'all', amountMinor: null },
  { refundId: 'half', amountMinor: 500 },
  { refundId: 'most', amountMinor: 700 },
  { refundId: 'some', amountMinor: 300 },
];
type Terms = Pick<RefundErrand, 'refundId' | 'amountMinor'>;

const MOST_TRIES = 6;

export function giveBack(world: World, client: string, paid: Paid, onDone: () => void): void {
  const { tape } = world;
  const several = tape.chance(300) ? 2 + tape.below(3) : 1;
  if (several > 1) world.marks.hit('refund_client:several_at_once');
  let open = several;
  for (let count = several; count > 0; count -= 1) {
    pursue(world, client, drawErrand(world, paid), 1, () => {
      open -= 1;
      if (open === 0) onDone();
    });
  }
}

function drawErrand(world: World, { accountId, orderId, paymentId }: Paid): RefundErrand {
  const { tape } = world;
  const usual = tape.pick(USUAL);
  const isUnnamed = tape.chance(300);
  if (isUnnamed) world.marks.hit('refund_client:by_key_alone');
  const haggles = !isUnnamed && tape.chance(60);
  if (haggles) world.marks.hit('refund_client:changes_amount');
  return {
    accountId,
    orderId,
    paymentId,
    refundId: isUnnamed ? null : usual.refundId,
    amountMinor: haggles ? 50 : usual.amountMinor,
    key: isUnnamed || tape.chance(500) ? keyOf(world) : null,
  };
}

/** Some use a key that was used before, perhaps for another refund, or for an order. */
function keyOf(world: World): string {
  const { tape } = world;
  if (world.keysDrawn === 0 || !tape.chance(60)) return freshKey(world);
  world.marks.hit('refund_client:reuses_key');
  return `key-${1 + tape.below(world.keysDrawn)}`;
}

function pursue(world: World, client: string, errand: RefundErrand, tries: number, done: () => void): void {
  const { tape, scheduler } = world;
  const again = (next: RefundErrand): void =>
    void scheduler.after(tape.pick([20, 500, 3000]), () => pursue(world, client, next, tries + 1, done));
  const hangsUp = tape.chance(80);
  if (hangsUp) world.marks.hit('refund_client:hangs_up');
  let over = false;
  const once = (then: () => void): void => {
    if (over) return;
    over = true;
    then();
  };
  if (hangsUp) scheduler.after(tape.below(500), () => once(() => again(errand)));
  askRefund(world, client, errand, tape.pick([10_000, 1000, 0]), (heard) => {
    if (hangsUp) return;
    const unsure = heard === 'lost' || heard.kind === 'unsettled' || isTransient(heard);
    if (tries < MOST_TRIES && (unsure || tape.chance(150))) {
      if (!unsure) world.marks.hit('refund_client:same_again');
      once(() => again(errand));
      return;
    }
    if (heard !== 'lost' && tape.chance(200)) read(world, errand);
    if (tries < MOST_TRIES && failed(heard) && tape.chance(400)) {
      world.marks.hit('refund_client:another_after_failure');
      once(() => again(anotherOne(world, errand)));
      return;
    }
    once(done);
  });
}

function anotherOne(world: World, errand: RefundErrand): RefundErrand {
  const key = errand.key === null ? null : freshKey(world);
  return errand.refundId === null
    ? { ...errand, key }
    : { ...errand, refundId: `${errand.refundId}, again`, key };
}

function failed(heard: Heard): boolean {
  return heard !== 'lost' && heard.kind === 'settled' && heard.frozen.problem !== null;
}

function isTransient(answer: RefundAnswer): boolean {
  return answer.kind === 'problem' && /^store_|^shutting/.test(answer.code);
}

const PERSISTS_EVERY_MS = 1000;
const PERSISTS_TIMES = 30;

/** Sends the errand until the answer is final, the gateway has the refund, or a person must decide. Gives up after `PERSISTS_TIMES` tries. */
export function persistRefund(
  world: World,
  client: string,
  errand: RefundErrand,
  done: () => void,
  times = 1,
): void {
  askRefund(world, client, errand, 10_000, (heard) => {
    const isOpen = heard === 'lost' || isTransient(heard) || (heard.kind === 'unsettled' && !inReview(heard));
    if (!isOpen || times >= PERSISTS_TIMES) done();
    else
      world.scheduler.after(PERSISTS_EVERY_MS, () => persistRefund(world, client, errand, done, times + 1));
  });
}

function inReview({ shown }: Extract<RefundAnswer, { kind: 'unsettled' }>): boolean {
  return shown.status === 'REVIEW';
}

/** Sends one request to some process, and passes on what came back. */
export function askRefund(
  world: World,
  client: string,
  errand: RefundErrand,
  waitMs: number,
  heard: (answer: Heard) => void,
): void {
  const { scheduler, judge, trace } = world;
  const process = anyProcess(world);
  if (process?.engine == null) {
    scheduler.after(50, () => heard('lost'));
    return;
  }
  const { accountId, orderId, paymentId, amountMinor, refundId, key } = errand;
  const asked: RefundAsked = { ...errand, id: `r${++world.requestsSent}`, atMs: scheduler.nowMs };
  const what = `${refundId ?? 'unnamed'} ${amountMinor ?? 'all'} of ${orderId} with ${key ?? 'no key'}`;
  trace.add(scheduler.nowMs, `${client} asks ${process.name} to refund ${what} (${asked.id})`);
  judge.refunds.answers.asked(asked);
  if (world.plan.story === 'restored') world.refundErrands.set(nameOf(errand), errand);
  let open = true;
  const close = (answer: Heard): void => {
    if (!open) return;
    open = false;
    world.openRequests.delete(asked.id);
    trace.add(scheduler.nowMs, `${asked.id} is answered: ${refundWordFor(answer)}`);
    if (answer !== 'lost') judge.refunds.answers.answered(asked, answer);
    if (answer !== 'lost' && answer.kind === 'settled') world.settledRefunds.set(nameOf(errand), errand);
    heard(answer);
  };
  world.openRequests.set(asked.id, { process, dueMs: scheduler.nowMs + waitMs + HANGS_AFTER_MS });
  process.life.onDeath(() => close('lost'));
  const { engine } = process;
  process.life.arrive(() => {
    const keyed = key === null ? {} : { key: { route: REFUND_ROUTE, key } };
    const metadata = { request: asked.id };
    engine
      .refund({ accountId, paymentId, amountMinor, refundId, reason: null, metadata }, { waitMs, ...keyed })
      .then(
        // A dead process answers nobody, even if some of its code still runs.
        (answer) => process.life.alive && close(answer),
        (error: unknown) => judge.violated('exception', `refund rejected: ${String(error)}`),
      );
  });
}

function nameOf({ accountId, paymentId, refundId, amountMinor, key }: RefundErrand): string {
  return `${accountId} ${paymentId} ${refundId} ${amountMinor} ${key}`;
}

/** Reads one refund, all of them, or the payment with its sums. */
function read(world: World, errand: RefundErrand): void {
  const process = anyProcess(world);
  if (process?.engine == null) return;
  const asked: RefundAsked = { ...errand, id: `r${++world.requestsSent}`, atMs: world.scheduler.nowMs };
  world.tape
    .pick(READS)(world, process, asked)
    .catch(() => {});
}

type Read = (world: World, process: Process, asked: RefundAsked) => Promise<void>;

const READS: readonly [Read, ...Read[]] = [
  async ({ judge }, { engine, life }, asked) => {
    const { accountId, paymentId, refundId } = asked;
    if (engine === null || refundId === null) return;
    const refund = await engine.findRefund(accountId, paymentId, refundId);
    if (life.alive) judge.refunds.answers.read(asked, refund);
  },
  async ({ judge }, { engine, life }, asked) => {
    const page = (await engine?.refunds(asked.accountId, asked.paymentId, { limit: 500 })) ?? null;
    if (life.alive) judge.refunds.answers.listed(asked, page);
  },
  async ({ judge }, { engine, life }, { accountId, paymentId, atMs }) => {
    const payment = (await engine?.payment(accountId, paymentId)) ?? null;
    if (life.alive && payment !== null) judge.refunds.answers.payment(payment, atMs);
  },
];

/** An answer in a few words. */
export function refundWordFor(answer: Heard): string {
  if (answer === 'lost') return 'nothing, the connection broke';
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind === 'unsettled') return `202 ${answer.shown.status}`;
  const how = `${answer.started ? 'started' : 'joined'}${answer.replayed ? ', replayed' : ''}`;
  return answer.kind === 'accepted' ? `PENDING, ${how}` : `${answer.frozen.problem ?? 'SUCCEEDED'}, ${how}`;
}
