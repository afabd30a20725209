/** What must hold once the faults have stopped and everything had time to end: payments are settled, equal to the ledger, and not held. */

import { isSettled } from '../../src/domain/operation.ts';
import { OTHER_REFERENCE } from '../gateway/effects.ts';
import { type ChargeBooks, isHeldOrTaken } from '../gateway/model.ts';
import type { Plan } from '../plan/plan.ts';
import type { Database, Row } from '../store/database.ts';
import { untold } from './alarms.ts';
import { type Book, orderName } from './book.ts';
import { endedByWord } from './commits.ts';
import { silentMoney } from './late-money.ts';
import { judgePayable } from './two-steps.ts';
import { isUndisturbed } from './undisturbed.ts';
import { sentUnder } from './wire.ts';
import { hasOpenWish, wasRefuted } from './wishes.ts';

export interface EndingParts {
  readonly plan: Plan;
  readonly database: Database;
  readonly gateway: ChargeBooks;
  readonly book: Book;
  /** True time. */
  readonly nowMs: number;
  readonly violated: (invariant: string, message: string) => void;
  /** As in `CommitJudgeParts`. */
  readonly endsOf: (paymentId: string) => readonly string[];
  /** Whether a person must decide about one of them. */
  readonly inReview: (paymentId: string) => boolean;
  /** Whether the gateway broke its contract for this key. */
  readonly isOther: (key: string) => boolean;
}

/** A payment that waits longer than the policy ever lets it wait: until a time of the database's clock before that was set back. Null: none. */
export function judgeWaits(database: Database, policy: Plan['policy'], databaseNowMs: number): string | null {
  const { lookupCapMs, reviewLookupMs, retryAfterCapMs, backoffCapMs, forbiddenPauseMs, leaseMs } = policy;
  const longestMs = Math.max(
    lookupCapMs,
    reviewLookupMs,
    retryAfterCapMs,
    backoffCapMs,
    forbiddenPauseMs,
    leaseMs,
  );
  for (const { payment } of database.rows()) {
    // It waits until the gateway lets go of the money.
    if (payment.operation.status === 'AUTHORIZED') continue;
    const waitMs = (payment.dueAtMs ?? 0) - databaseNowMs;
    // The times of lookups vary by a tenth.
    if (waitMs > 1.2 * longestMs)
      return `${payment.order.orderId} waits for ${waitMs} ms, until a time of the old clock`;
  }
  return null;
}

/** Whether nothing is left to do for the payment, now that nothing goes wrong any more. */
export function isAtRest(
  row: Row,
  { contract }: Plan['policy'],
  ledger: ChargeBooks['ledger'],
  { inReview, isOther }: Pick<EndingParts, 'inReview' | 'isOther'>,
): boolean {
  const { operation, held, evidence, dueAtMs } = row.payment;
  if (held) return false;
  // A gateway without lookups never says what has become of the money. While a person decides about its capture, no look does. And what a
  // person has wrongly said to be authorised, no look finds.
  if (operation.status === 'AUTHORIZED')
    return evidence === 0 && (!contract.lookup || inReview(row.payment.paymentId) || isOther(keyOf(row)));
  // The answer to a call said that it charged, and no look says more: the evidence waits, and a person is told.
  if (isSettled(operation.status))
    return evidence === 0 ? dueAtMs === null : chargesOf(row, ledger).some(isMute);
  // Late evidence is kept for the person who decides.
  if (operation.status !== 'REVIEW' || (dueAtMs === null) !== !contract.lookup) return false;
  // Once the gateway has refuted a word, the next one waits for its answer. A charge that it shows on other terms may have none.
  if (hasOpenWish(row)) return isOther(keyOf(row)) && wasRefuted(row);
  return !contract.lookup || !isTakenBack(row, ledger, isOther);
}

function keyOf({ operations }: Row): string {
  return operations.at(-1)?.gatewayKey ?? '';
}

function chargesOf(
  { operations }: Pick<Row, 'operations'>,
  ledger: ChargeBooks['ledger'],
): ChargeBooks['ledger'] {
  const keys = new Set(operations.map(({ gatewayKey }) => gatewayKey));
  return ledger.filter(({ key }) => keys.has(key));
}

/** Whether the gateway shows it under another reference, so that no look tells what has become of it. */
function isMute({ reference }: ChargeBooks['ledger'][number]): boolean {
  return reference === OTHER_REFERENCE;
}

/** Whether a person has refunded what was found: the gateway shows the refunds, and no live charge of the order. */
function isTakenBack(
  { payment, operations, evidence }: Row,
  ledger: ChargeBooks['ledger'],
  isOther: EndingParts['isOther'],
): boolean {
  const charges = chargesOf({ operations }, ledger);
  if (charges.some(isMute)) return false;
  const isOpen = charges.some((one) => isHeldOrTaken(one) || one.status === 'pending');
  // What was made on other terms than were asked for says nothing of the order once it is given back. While it is live, a person decides.
  const back = new Set(
    charges
      .filter(({ key, status }) => (status === 'refunded' || status === 'voided') && !isOther(key))
      .map(({ id }) => id),
  );
  const isNamed = evidence.every(
    ({ outcome }) => !('ref' in outcome) || outcome.ref === undefined || back.has(outcome.ref),
  );
  return back.size > 0 && !isOpen && isNamed && payment.operation.failureCode !== 'other_gateway';
}

export function judgeEnding(parts: EndingParts): void {
  const { plan, database, gateway, book, nowMs, violated } = parts;
  const { amnesia } = book;
  for (const row of database.rows()) {
    const { payment } = row;
    const { orderId } = payment.order;
    const { status } = payment.operation;
    // A database that has forgotten charges cannot know that none is live.
    const known = amnesia ? gateway.ledger.filter(isMute) : gateway.ledger;
    if (!isAtRest(row, plan.policy, known, parts)) {
      const state = `${status}, step ${payment.operation.step}, held ${payment.held}, evidence ${payment.evidence}`;
      violated('liveness', `${orderId} is still open long after the faults have stopped: ${state}`);
    }
    const silent = isUndisturbed(plan) ? untold(book, row) : null;
    if (silent !== null) violated('alarms', `${orderId}: ${silent}`);
    const money = amnesia ? null : silentMoney(book, gateway, row, nowMs);
    if (money !== null) violated('late money', `${orderId} ${money}`);
    if (!amnesia) judgeCounters(book, row, violated);
    judgePayable(parts, row);
    const keys = new Set(row.operations.map(({ gatewayKey }) => gatewayKey));
    const live = gateway.ledger.filter((charge) => keys.has(charge.key) && isHeldOrTaken(charge));
    if (sentBlindly(book, row)) {
      // A charge that the gateway made against its contract came too late for any lookup.
      const inTime = live.filter(({ key }) => !book.late.has(key));
      if (inTime.length > 1 && !isTold(book, row))
        violated('ledger', `${orderId} has ${inTime.length} live charges, and nobody was told`);
      continue;
    }
    const isUnforeseen =
      row.operations.some(({ gatewayKey }) => book.late.has(gatewayKey)) ||
      endedByWord(parts, payment.paymentId);
    if (isUnforeseen || gateway.ledger.some(({ key, status: is }) => keys.has(key) && is === 'refunded'))
      continue;
    // If the database forgot what was sent, or when, the order may be charged a second time. This limit is documented.
    if (status === 'COMPLETED' && (amnesia ? live.length < 1 : live.length !== 1)) {
      violated('ledger', `${orderId} is COMPLETED with ${live.length} live charges`);
    }
    judgeEnd(parts, row, live);
    if (status === 'FAILED' && !amnesia && live.length > 0)
      violated('ledger', `${orderId} is FAILED with a live charge`);
    row.events.forEach((event, index) => {
      if (event.seq !== index + 1) violated('4 events', `${orderId}: a gap at ${index + 1}`);
    });
  }
}

/** What was authorised first has ended as the gateway says. */
function judgeEnd(
  { book, database, endsOf, violated }: EndingParts,
  { payment }: Row,
  live: ChargeBooks['ledger'],
): void {
  const { operation, order, paymentId } = payment;
  if (operation.manual === undefined || endedByWord({ book, endsOf }, paymentId)) return;
  const { orderId } = order;
  if (operation.status === 'VOIDED' && live.length > 0)
    violated('ledger', `${orderId} is VOIDED, and ${live.map(({ id }) => id).join(', ')} is not free`);
  if (operation.status !== 'COMPLETED') return;
  const [sums] = database.read('sums', order.accountId, [paymentId]);
  const takenMinor = live.find(({ status }) => status === 'succeeded')?.hold?.capturedMinor;
  if (sums?.capturedMinor !== takenMinor)
    violated(
      'ledger',
      `${orderId} is COMPLETED with ${sums?.capturedMinor}, and the gateway took ${takenMinor}`,
    );
}

/** Every call that was sent is counted, except one for which the gateway refused our credentials. */
function judgeCounters(
  { wire, blindSends }: Book,
  { payment, operations }: Row,
  violated: EndingParts['violated'],
): void {
  const key = operations.at(-1)?.gatewayKey ?? '';
  if (blindSends.has(key)) return;
  const left = sentUnder(wire, key).filter(({ heard }) => heard?.kind !== 'forbidden').length;
  if (left > payment.operation.attempts)
    violated(
      'attempts',
      `${payment.order.orderId}: ${left} calls left, ${payment.operation.attempts} are counted`,
    );
}

/** Whether a call of this order was sent after its lease, from a machine whose clocks had all stopped. */
function sentBlindly({ blindSends }: Book, { payment }: Row): boolean {
  const order = orderName(payment.order.accountId, payment.order.orderId);
  return [...blindSends.values()].some((send) => send.order === order);
}

/** Whether the second charge was reported to a person, or nobody can know of it: its sender is dead or could not store the answer. */
function isTold({ blindSends, evidenceLost }: Book, { payment, events, operations }: Row): boolean {
  const told =
    payment.operation.status === 'REVIEW' || events.some(({ type }) => type === 'verify.duplicate_found');
  return (
    told ||
    evidenceLost ||
    operations.some(({ gatewayKey }) => {
      const send = blindSends.get(gatewayKey);
      // A second charge under a key that the gateway had forgotten: no lookup showed it in time. This limit is documented.
      return send !== undefined && (!send.senderLives() || send.keyForgotten);
    })
  );
}
