/**
 * Operators: they ask for a lookup now, and say how something in REVIEW has ended, as they found it in the gateway's books or as they wrongly
 * believe. Some say it twice, and some contradict each other.
 */
import type { FollowUpKind } from '../../src/domain/effects.ts';
import type { Wish } from '../../src/domain/wish.ts';

import type { OperatorAnswer, OperatorTarget } from '../../src/engine/api.ts';
import type { RunningEngine } from '../../src/engine/engine.ts';
import { StoreError } from '../../src/ports/store.ts';
import { isHeldOrTaken } from '../gateway/model.ts';
import { anyProcess, HANGS_AFTER_MS } from './asking.ts';
import type { World } from './world.ts';

/** How often they look for something to do. */
const ROUNDS = 12;

/** Something that has not ended. */
interface Open {
  readonly target: OperatorTarget;
  readonly name: string;
  /** Of all the order's charges, or of the refund. */
  readonly gatewayKeys: readonly string[];
  readonly amountMinor: number;
  readonly inReview: boolean;
}

/** Returns whether they have gone home. */
export function startOperators(world: World): () => boolean {
  let left = world.plan.operators ? ROUNDS : 0;
  const round = (): void => {
    if (left === 0) return;
    left -= 1;
    const open = openOnes(world);
    const reviews = open.filter(({ inReview }) => inReview);
    const [first, ...others] = reviews.length > 0 ? reviews : open;
    if (first !== undefined) act(world, world.tape.pick([first, ...others]));
    next();
  };
  const next = (): void => void world.scheduler.after(world.tape.pick([10_000, 2000, 40_000]), round);
  if (left > 0) next();
  return () => left === 0;
}

function openOnes({ database }: World): readonly Open[] {
  const open: Open[] = [];
  for (const { payment, operations } of database.rows()) {
    const { accountId, orderId, amountMinor } = payment.order;
    if (isOver(payment.operation.status)) continue;
    open.push({
      target: { accountId, paymentId: payment.paymentId, followUp: null },
      name: orderId,
      gatewayKeys: operations.map(({ gatewayKey }) => gatewayKey),
      amountMinor,
      inReview: payment.operation.status === 'REVIEW',
    });
  }
  for (const { state } of database.followUps()) {
    const { order, followUp, operation, gatewayKey, paymentId } = state;
    if (isOver(operation.status)) continue;
    open.push({
      target: {
        accountId: order.accountId,
        paymentId,
        followUp: { kind: operation.kind as FollowUpKind, name: followUp.name },
      },
      name: `${operation.kind} ${followUp.name} of ${order.orderId}`,
      gatewayKeys: [gatewayKey],
      amountMinor: order.amountMinor,
      inReview: operation.status === 'REVIEW',
    });
  }
  return open;
}

function isOver(status: string): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'VOIDED';
}

function act(world: World, open: Open): void {
  const { tape, scheduler } = world;
  if (!open.inReview || tape.chance(250)) {
    ask(world, open, 'looks now', (engine) => engine.lookNow({ ...open.target, actor: 'amira' }));
    return;
  }
  const isMade = world.tape.chance(300) !== (madeAs(world, open) !== null);
  say(world, open, isMade, 'amira');
  if (tape.chance(200)) scheduler.after(tape.pick([1, 500, 5000]), () => say(world, open, isMade, 'ben'));
  if (tape.chance(200)) scheduler.after(tape.pick([1, 500, 5000]), () => say(world, open, !isMade, 'ben'));
}

/** The id of what the gateway made as asked. Null: nothing. */
function madeAs(
  { ledger, refundLedger, captureLedger }: World,
  { gatewayKeys, amountMinor }: Open,
): string | null {
  const made = [...ledger, ...refundLedger, ...captureLedger].find(
    (one) => gatewayKeys.includes(one.key) && one.amountMinor === amountMinor && isHeldOrTaken(one),
  );
  return made?.id ?? null;
}

/** What the gateway made of a refund or a capture with another amount. */
function madeOtherwise(
  { refundLedger, captureLedger }: World,
  { gatewayKeys, amountMinor }: Open,
): { readonly id: string; readonly amountMinor: number } | undefined {
  return [...refundLedger, ...captureLedger].find(
    (one) => gatewayKeys.includes(one.key) && one.amountMinor !== amountMinor && one.status === 'succeeded',
  );
}

function say(world: World, open: Open, isMade: boolean, actor: string): void {
  const { target } = open;
  const other = madeOtherwise(world, open);
  const gatewayRef = madeAs(world, open) ?? other?.id ?? 'seen_elsewhere';
  const wish: Wish = isMade
    ? { outcome: 'completed', gatewayRef, amountMinor: other?.amountMinor ?? open.amountMinor, actor }
    : { outcome: 'failed', actor };
  ask(world, open, `says ${wish.outcome}`, (engine) =>
    engine.resolve({ ...target, wish, evidence: 'seen in the dashboard' }),
  );
}

/** Sends one request to some process. Its answer may be lost. */
function ask(
  world: World,
  { name }: Open,
  what: string,
  send: (engine: RunningEngine) => Promise<OperatorAnswer>,
): void {
  const { scheduler, trace, judge } = world;
  const process = anyProcess(world);
  if (process?.engine == null) return;
  const { engine, life } = process;
  const id = `r${++world.requestsSent}`;
  trace.add(scheduler.nowMs, `an operator ${what} about ${name} at ${process.name} (${id})`);
  world.openRequests.set(id, { process, dueMs: scheduler.nowMs + HANGS_AFTER_MS });
  const close = (answer: string): void => {
    if (world.openRequests.delete(id)) trace.add(scheduler.nowMs, `${id} is answered: ${answer}`);
  };
  life.onDeath(() => close('nothing'));
  life.arrive(() => {
    send(engine).then(
      (answer) => {
        if (!life.alive) return;
        const word = answer.kind === 'problem' ? answer.code : 'taken';
        world.marks.hit(`operator_told:${word}`);
        close(word);
      },
      (error: unknown) => {
        close(String(error));
        if (!(error instanceof StoreError))
          judge.violated('exception', `an operator’s request rejected: ${String(error)}`);
      },
    );
  });
}
