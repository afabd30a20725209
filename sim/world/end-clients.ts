/**
 * Clients that end an authorisation, as they really are: they take all of it or a part, or let go of it, several at once and against each other,
 * and again when no answer came. Some never do, and the authorisation ends by itself.
 */
import type { ExclusiveAnswer } from '../../src/engine/api.ts';
import type { EndKind } from '../gateway/model.ts';
import type { EndAsked } from '../judge/index.ts';
import { anyProcess, freshKey, HANGS_AFTER_MS } from './asking.ts';
import { giveBack, type Paid } from './refund-clients.ts';
import type { World } from './world.ts';

/** The routes that the keys of all simulated captures and voids belong to. */
export const END_ROUTES: Readonly<Record<EndKind, string>> = {
  capture: 'POST /v1/payments/{payment_id}/capture',
  void: 'POST /v1/payments/{payment_id}/void',
};

/** A capture or a void that a client wants, again and again until it has its answer. */
export type EndErrand = Omit<EndAsked, 'id' | 'atMs'>;

/** `lost`: no process was up, or the process died before it answered. */
export type Heard = ExclusiveAnswer | 'lost';

type Terms = Pick<EndErrand, 'kind' | 'amountMinor'>;

/** The last but one is all of it as well, but it is not the same request. The last is more than was authorised. */
const USUAL: readonly [Terms, ...Terms[]] = [
  { kind: 'capture', amountMinor: null },
  { kind: 'capture', amountMinor: 400 },
  { kind: 'void', amountMinor: null },
  { kind: 'capture', amountMinor: 700 },
  { kind: 'capture', amountMinor: 1000 },
];
const TOO_MUCH: Terms = { kind: 'capture', amountMinor: 3000 };

const MOST_TRIES = 6;

export function endAuthorization(world: World, client: string, paid: Paid, onDone: () => void): void {
  const { tape, scheduler } = world;
  const several = tape.chance(350) ? 2 + tape.below(2) : 1;
  if (several > 1) world.marks.hit('end_client:several_at_once');
  let open = several;
  const over = (): void => {
    open -= 1;
    if (open === 0) onDone();
  };
  for (let count = several; count > 0; count -= 1) {
    const errand = drawErrand(world, paid);
    scheduler.after(tape.pick([10, 500, 20_000]), () => pursue(world, client, errand, 1, over));
  }
}

function drawErrand(world: World, { accountId, orderId, paymentId }: Paid): EndErrand {
  const { tape } = world;
  const isTooMuch = tape.chance(40);
  if (isTooMuch) world.marks.hit('end_client:asks_for_too_much');
  const terms = isTooMuch ? TOO_MUCH : tape.pick(USUAL);
  return { accountId, orderId, paymentId, ...terms, key: tape.chance(600) ? keyOf(world) : null };
}

/** Some use a key that was used before, perhaps for another payment. */
function keyOf(world: World): string {
  const { tape } = world;
  if (world.keysDrawn === 0 || !tape.chance(60)) return freshKey(world);
  world.marks.hit('end_client:reuses_key');
  return `key-${1 + tape.below(world.keysDrawn)}`;
}

function pursue(world: World, client: string, errand: EndErrand, tries: number, done: () => void): void {
  const { tape, scheduler, plan } = world;
  const again = (next: EndErrand): void =>
    void scheduler.after(tape.pick([20, 500, 3000]), () => pursue(world, client, next, tries + 1, done));
  const hangsUp = tape.chance(80);
  if (hangsUp) {
    world.marks.hit('end_client:hangs_up');
    scheduler.after(tape.below(500), () => again(errand));
  }
  askEnd(world, client, errand, tape.pick([10_000, 1000, 0]), (heard) => {
    if (hangsUp) return;
    const isUnsure = heard === 'lost' || heard.kind === 'unsettled' || isTransient(heard);
    if (tries < MOST_TRIES && (isUnsure || tape.chance(150))) {
      if (!isUnsure) world.marks.hit('end_client:same_again');
      again(errand);
      return;
    }
    if (heard !== 'lost' && tape.chance(200)) read(world, errand);
    if (tries < MOST_TRIES && hasFailed(heard) && tape.chance(600)) {
      world.marks.hit('end_client:another_after_failure');
      const key = errand.key === null ? null : freshKey(world);
      again({ ...errand, ...tape.pick(USUAL), key });
      return;
    }
    const isTaken = errand.kind === 'capture' && hasSucceeded(heard);
    if (isTaken && tape.chance(plan.refunds.perMille)) giveBack(world, client, errand, done);
    else done();
  });
}

function hasFailed(heard: Heard): boolean {
  return heard !== 'lost' && heard.kind === 'settled' && heard.frozen.problem !== null;
}

function hasSucceeded(heard: Heard): boolean {
  return heard !== 'lost' && heard.kind === 'settled' && heard.frozen.problem === null;
}

function isTransient(answer: ExclusiveAnswer): boolean {
  return answer.kind === 'problem' && /^store_|^shutting|^operation_in_progress/.test(answer.code);
}

/** Sends one request to some process, and passes on what came back. */
export function askEnd(
  world: World,
  client: string,
  errand: EndErrand,
  waitMs: number,
  heard: (answer: Heard) => void,
): void {
  const { scheduler, judge, trace } = world;
  const process = anyProcess(world);
  if (process?.engine == null) {
    scheduler.after(50, () => heard('lost'));
    return;
  }
  const { kind, accountId, orderId, paymentId, amountMinor, key } = errand;
  const asked: EndAsked = { ...errand, id: `r${++world.requestsSent}`, atMs: scheduler.nowMs };
  const what = `${kind} ${amountMinor ?? 'all'} of ${orderId} with ${key ?? 'no key'}`;
  trace.add(scheduler.nowMs, `${client} asks ${process.name} to ${what} (${asked.id})`);
  judge.captures.answers.asked(asked);
  let open = true;
  const close = (answer: Heard): void => {
    if (!open) return;
    open = false;
    world.openRequests.delete(asked.id);
    trace.add(scheduler.nowMs, `${asked.id} is answered: ${endWordFor(answer)}`);
    if (answer !== 'lost') judge.captures.answers.answered(asked, answer);
    if (answer !== 'lost' && answer.kind === 'settled' && key !== null)
      world.settledEnds.set(`${kind} ${accountId} ${paymentId} ${amountMinor} ${key}`, errand);
    heard(answer);
  };
  world.openRequests.set(asked.id, { process, dueMs: scheduler.nowMs + waitMs + HANGS_AFTER_MS });
  process.life.onDeath(() => close('lost'));
  const { engine } = process;
  process.life.arrive(() => {
    const keyed = key === null ? {} : { key: { route: END_ROUTES[kind], key } };
    const wanted = { accountId, paymentId, amountMinor, metadata: { request: asked.id } };
    engine[kind](wanted, { waitMs, ...keyed }).then(
      // A dead process answers nobody, even if some of its code still runs.
      (answer) => process.life.alive && close(answer),
      (error: unknown) => judge.violated('exception', `${kind} rejected: ${String(error)}`),
    );
  });
}

/** Reads the last capture or void of the payment. */
function read(world: World, errand: EndErrand): void {
  const process = anyProcess(world);
  if (process?.engine == null) return;
  const { accountId, paymentId, kind } = errand;
  const asked: EndAsked = { ...errand, id: `r${++world.requestsSent}`, atMs: world.scheduler.nowMs };
  process.engine.findExclusive(accountId, paymentId, kind).then(
    (shown) => process.life.alive && world.judge.captures.answers.read(asked, shown),
    () => {},
  );
}

/** An answer in a few words. */
export function endWordFor(answer: Heard): string {
  if (answer === 'lost') return 'nothing, the connection broke';
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind !== 'settled') return `202 ${answer.shown.status}`;
  const how = `${answer.started ? 'started' : 'joined'}${answer.replayed ? ', replayed' : ''}`;
  return `${answer.frozen.problem ?? 'SUCCEEDED'}, ${how}`;
}
