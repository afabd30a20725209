/**
 * Clients as they really are. They double-click, repeat a request with the same key whatever the answer was, try again
 * with a new key, change the amount, ask without a key, hang up, read in between, and use any process that is up.
 */
import type { Order } from '../../src/domain/payment.ts';
import type { ChargeAnswer } from '../../src/engine/api.ts';
import type { Asked } from '../judge/index.ts';
import { isManual, patienceOf } from '../plan/plan.ts';
import { anyProcess, freshKey, HANGS_AFTER_MS } from './asking.ts';
import { endAuthorization } from './end-clients.ts';
import { giveBack } from './refund-clients.ts';
import { callerOf } from './watched.ts';
import type { World } from './world.ts';

/** The route that the keys of all simulated clients belong to. */
export const ROUTE = 'POST /v1/payments';

/** What a client wants to send, again and again until it has its answer. */
export interface Errand {
  readonly accountId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly method: string;
  readonly key: string | null;
  /** How long it is tried. Not set: as long as the plan says for its order. */
  readonly giveUpAfterS?: number;
}

/** What a client gets. `lost`: no process was up, or the process died before it answered. */
type Heard = ChargeAnswer | 'lost';

export function startClient(world: World, name: string, onDone: () => void): void {
  const { tape, scheduler, plan } = world;
  let left = plan.requestsPerClient;
  wait(tape.below(3000), next);

  function wait(delayMs: number, then: () => void): void {
    scheduler.after(delayMs, then);
  }

  function next(): void {
    if (left === 0) {
      onDone();
      return;
    }
    left -= 1;
    pursue(drawErrand(world), 0, () => wait(tape.pick([10, 1000, 5000]), next));
  }

  /** Sends the errand until it gets a final answer, but only a few times. */
  function pursue(errand: Errand, tries: number, done: () => void): void {
    const waitMs = tape.pick([10_000, 1000, 0]);
    const hangsUp = tape.chance(100);
    ask(world, name, errand, waitMs, (heard) => {
      if (hangsUp) return;
      after(errand, heard, tries, done);
    });
    if (hangsUp) {
      world.marks.hit('client:hangs_up');
      wait(tape.below(500), tape.chance(500) ? () => pursue(errand, tries + 1, done) : done);
    }
    if (tape.chance(80)) {
      world.marks.hit('client:double_click');
      ask(world, name, errand, waitMs, () => {});
    }
  }

  function after(errand: Errand, heard: Heard, tries: number, done: () => void): void {
    const again = (): void => wait(tape.pick([20, 500, 3000]), () => pursue(errand, tries + 1, done));
    const unsure = heard === 'lost' || heard.kind === 'unsettled' || isTransient(heard);
    if (unsure && tries < 6) {
      again();
      return;
    }
    if (heard !== 'lost' && heard.kind === 'settled') {
      if (tape.chance(200)) read(world, errand);
      if (isAuthorized(heard) && plan.captures !== null && tape.chance(plan.captures.perMille)) {
        const { accountId, orderId } = errand;
        endAuthorization(world, name, { accountId, orderId, paymentId: heard.paymentId }, done);
        return;
      }
      const refundable = heard.frozen.problem === null || (plan.refunds.perMille > 0 && tape.chance(100));
      if (refundable && tape.chance(plan.refunds.perMille)) {
        const { accountId, orderId } = errand;
        giveBack(world, name, { accountId, orderId, paymentId: heard.paymentId }, done);
        return;
      }
      if (heard.frozen.problem !== null && tape.chance(400)) {
        world.marks.hit('client:new_key_after_failure');
        pursue({ ...errand, key: freshKey(world) }, tries + 1, done);
        return;
      }
      // If the database forgot the key, this changed request would bind it again.
      const isBound = errand.key !== null && isStoreKept(plan);
      if (isBound && tape.chance(50)) {
        world.marks.hit('client:changes_time_to_give_up');
        ask(world, name, { ...errand, giveUpAfterS: OTHER_PATIENCE_S }, 0, () => {});
      }
      if (tries < 3 && tape.chance(250)) {
        world.marks.hit('client:same_key_again');
        again();
        return;
      }
    }
    done();
  }
}

function isAuthorized({ frozen }: Extract<ChargeAnswer, { kind: 'settled' }>): boolean {
  return frozen.problem === null && frozen.body.includes('"status":"AUTHORIZED"');
}

/** Longer than any time limit of a plan. */
const OTHER_PATIENCE_S = 1000;

/** Whether the database never forgets what it has committed. */
function isStoreKept({ story, mishaps }: World['plan']): boolean {
  return story !== 'restored' && !mishaps.includes('database_loses_commits');
}

function isTransient(answer: ChargeAnswer): boolean {
  return answer.kind === 'problem' && /^store_|^shutting/.test(answer.code);
}

type Terms = Partial<Pick<Errand, 'amountMinor' | 'currency'>>;
const OTHER_TERMS: readonly [Terms, Terms] = [{ amountMinor: 2000 }, { currency: 'EUR' }];

function drawErrand(world: World): Errand {
  const { tape, plan } = world;
  const order = tape.below(plan.orders);
  const reuse = world.keysDrawn > 0 && tape.chance(100);
  if (reuse) world.marks.hit('client:reuses_key');
  const haggles = plan.story === 'haggling';
  if (haggles) world.marks.hit('client:haggles');
  const otherTerms = tape.chance(haggles ? 400 : 80);
  if (otherTerms) world.marks.hit('client:changes_amount');
  const terms = otherTerms ? tape.pick(OTHER_TERMS) : {};
  return {
    accountId: order === 2 && tape.chance(300) ? 'other' : 'default',
    orderId: `order-${order + 1}`,
    amountMinor: terms.amountMinor ?? 1000,
    currency: terms.currency ?? 'USD',
    method: tape.chance(100) ? 'tok_two' : 'tok_one',
    key: reuse
      ? `key-${1 + tape.below(world.keysDrawn)}`
      : tape.chance(haggles ? 400 : 250)
        ? null
        : freshKey(world),
  };
}

const PERSISTS_EVERY_MS = 1000;
const PERSISTS_TIMES = 30;

/** Whether to ask again: the answer is not final, and the payment is not in REVIEW. */
export function isOpen(heard: Heard): boolean {
  if (heard === 'lost' || isTransient(heard)) return true;
  return heard.kind === 'unsettled' && heard.payment.status !== 'REVIEW';
}

/** Sends the errand until the answer is final or the payment is in REVIEW. Gives up after `PERSISTS_TIMES` tries. */
export function persist(world: World, client: string, errand: Errand, done: () => void, times = 1): void {
  ask(world, client, errand, 10_000, (heard) => {
    if (!isOpen(heard) || times >= PERSISTS_TIMES) done();
    else world.scheduler.after(PERSISTS_EVERY_MS, () => persist(world, client, errand, done, times + 1));
  });
}

/** Sends one request to some process, and passes on what came back. */
export function ask(
  world: World,
  client: string,
  errand: Errand,
  waitMs: number,
  heard: (answer: Heard) => void,
  process = anyProcess(world),
): void {
  const { scheduler, judge, trace, plan } = world;
  if (process?.engine == null) {
    scheduler.after(50, () => heard('lost'));
    return;
  }
  const asked: Asked = {
    ...errand,
    id: `r${++world.requestsSent}`,
    atMs: scheduler.nowMs,
    waitMs,
    seqFloor: judge.answers.seqFloor(errand.accountId, errand.orderId),
  };
  const what = `${errand.orderId} ${errand.amountMinor} with ${errand.key ?? 'no key'}`;
  trace.add(scheduler.nowMs, `${client} asks ${process.name} to charge ${what} (${asked.id})`);
  judge.answers.asked(asked);
  const { accountId, orderId, key } = errand;
  if (plan.story === 'restored') world.errands.set(`${accountId} ${orderId} ${key}`, errand);
  let open = true;
  const close = (answer: Heard): void => {
    if (!open) return;
    open = false;
    world.openRequests.delete(asked.id);
    trace.add(scheduler.nowMs, `${asked.id} is answered: ${wordFor(answer)}`);
    if (answer !== 'lost') judge.answers.charged(asked, answer);
    if (answer !== 'lost' && answer.kind === 'settled' && errand.key !== null) {
      world.settledErrands.set(`${errand.accountId} ${errand.key}`, errand);
    }
    if (answer !== 'lost' && answer.kind === 'settled') judge.limits.told(callerOf(process), asked);
    heard(answer);
  };
  world.openRequests.set(asked.id, { process, dueMs: scheduler.nowMs + waitMs + HANGS_AFTER_MS });
  process.life.onDeath(() => close('lost'));
  const { engine } = process;
  process.life.arrive(() => {
    const key = errand.key === null ? {} : { key: { route: ROUTE, key: errand.key } };
    const giveUpAfterS = errand.giveUpAfterS ?? patienceOf(plan, orderId);
    if (giveUpAfterS !== undefined) world.marks.hit('client:gives_up');
    const patience = giveUpAfterS === undefined ? {} : { giveUpAfterS };
    engine.charge(orderOf(world, errand, asked.id), { waitMs, ...key, ...patience }).then(
      // A dead process answers nobody, even if some of its code still runs.
      (answer) => process.life.alive && close(answer),
      (error: unknown) => judge.violated('exception', `charge rejected: ${String(error)}`),
    );
  });
}

function orderOf({ plan }: World, errand: Errand, requestId: string): Order {
  const { accountId, orderId, amountMinor, currency, method } = errand;
  const metadata = { request: requestId };
  const captureMethod = isManual(plan, orderId) ? ({ captureMethod: 'manual' } as const) : {};
  return { accountId, orderId, amountMinor, currency, method, ...captureMethod, metadata };
}

/** Reads the payment of an order that has been answered before. */
function read(world: World, { accountId, orderId }: Pick<Errand, 'accountId' | 'orderId'>): void {
  const { scheduler, judge } = world;
  const process = anyProcess(world);
  const row = world.database.row(accountId, orderId);
  if (process?.engine == null || row === undefined) return;
  const asked = {
    accountId,
    orderId,
    atMs: scheduler.nowMs,
    seqFloor: judge.answers.seqFloor(accountId, orderId),
  };
  process.engine.payment(accountId, row.payment.paymentId).then(
    (payment) => process.life.alive && judge.answers.read(asked, payment),
    () => {},
  );
}

export function wordFor(answer: Heard): string {
  if (answer === 'lost') return 'nothing, the connection broke';
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind === 'unsettled') return `202 ${answer.payment.status}`;
  const { problem, body } = answer.frozen;
  const word = problem ?? (JSON.parse(body) as { readonly status: string }).status;
  return `${word}, ${answer.started ? 'started' : 'joined'}${answer.replayed ? ', replayed' : ''}`;
}
