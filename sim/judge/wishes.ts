/**
 * What must hold for every word of an operator. The gateway is asked once more before it counts, and what it shows is stronger. If it shows
 * nothing, the word counts even if it is wrong. Then the word is the person's, and no promise about this key is left.
 */
import type { EventType } from '../../src/domain/events.ts';
import { isMade } from '../../src/domain/operation.ts';
import type { Wish, WishEnd } from '../../src/domain/wish.ts';
import { isHeldOrTaken } from '../gateway/model.ts';
import type { Change, Row } from '../store/database.ts';
import { standsWrong } from './book.ts';
import type { CommitJudgeParts } from './commits.ts';
import { type Looked, lookedUp } from './wire.ts';

/** What a statement was given about a wish. */
type WishChange =
  | { readonly kind: 'make'; readonly wish: Wish }
  | { readonly kind: 'end'; readonly end: WishEnd };

/** Ends of a wish, in the words of charges. The last two also confirm one. */
const ENDS: ReadonlySet<string> = new Set<EventType>([
  'operator.settled',
  'operator.refuted',
  'payment.completed',
  'payment.authorized',
  'payment.captured',
  'payment.failed',
]);

/** Whether a worker still has to decide about an operator's word. Told from the audit trail alone. */
export function hasOpenWish({ events }: Pick<Row, 'events'>): boolean {
  const last = events.findLast(({ type }) => type === 'operator.wished' || ENDS.has(type));
  return last?.type === 'operator.wished';
}

/** Whether the gateway has refuted a word about the charge that decides now. */
export function wasRefuted({ payment, events }: Pick<Row, 'payment' | 'events'>): boolean {
  return events.some(({ type, chargeN }) => type === 'operator.refuted' && chargeN === payment.operation.n);
}

/** Whether the look at the operation itself has shown nothing. If so, the operator's word is all that there is. */
export function isSilent({ book, plan }: CommitJudgeParts, { before, rowAfter }: Change): boolean {
  if (!plan.policy.contract.lookup) return true;
  const looked = lookedUp(book.wire, currentKey(rowAfter), before?.claimId ?? '');
  return looked.some((kind) => kind === 'unavailable' || kind === 'forbidden');
}

/** Whether the gateway has shown a no on other terms: an answer that proves nothing alone. */
function saysNo({ book }: CommitJudgeParts, { before, rowAfter }: Change): boolean {
  return (book.wire.exchanges.get(currentKey(rowAfter)) ?? []).some(
    ({ kind, claimId, heard }) =>
      kind === 'lookup' && claimId === before?.claimId && heard !== null && 'declinedRef' in heard,
  );
}

export function judgeWish(parts: CommitJudgeParts, change: Change): void {
  const { book, mark } = parts;
  const { event, rowAfter } = change;
  if (change.kind !== 'advance' || event === null) return;
  const { wish } = change.args as { readonly wish?: WishChange };
  const key = currentKey(rowAfter);
  judgeNote(parts, change);
  judgeTold(parts, change, wish);
  if (wish?.kind === 'make') book.wishes.set(key, wish.wish);
  const said = book.wishes.get(key);
  if (wish?.kind !== 'end' || said === undefined) return;
  mark(`operator:${wish.end}`);
  if (wish.end === 'confirmed') {
    if (isMade(change.after.operation.status) !== (said.outcome === 'completed'))
      wrong(parts, change, `${said.outcome} was confirmed by the opposite`);
  }
  if (wish.end === 'carried_out') judgeCarriedOut(parts, change, said);
}

/** An operator's request changes nothing of the operation, takes no claim away, and brings no call forward. */
function judgeNote(parts: CommitJudgeParts, change: Change): void {
  const { before, after, event } = change;
  if (before === null || (event?.type !== 'operator.wished' && event?.type !== 'operator.asked_to_look'))
    return;
  if (before.held || after.held) wrong(parts, change, 'written while a worker held it');
  if (after.operation.step === 'call') wrong(parts, change, 'it brings a call forward');
  if (JSON.stringify(before.operation) !== JSON.stringify(after.operation))
    wrong(parts, change, 'it changes what it is about');
  if (event.type === 'operator.wished' && before.operation.status !== 'REVIEW')
    wrong(parts, change, `made about what is ${before.operation.status}`);
}

const TOLD_AS: Readonly<Record<string, readonly EventType[]>> = {
  make: ['operator.wished'],
  carried_out: ['operator.settled'],
  refuted: ['operator.refuted'],
  confirmed: ['payment.completed', 'payment.authorized', 'payment.captured', 'payment.failed'],
};

/** Each wish and its end have their event, and no event is without them. */
function judgeTold(parts: CommitJudgeParts, change: Change, wish: WishChange | undefined): void {
  const type = change.event?.type ?? '';
  const what = wish === undefined ? null : wish.kind === 'make' ? 'make' : wish.end;
  const isWord = type === 'operator.wished' || type === 'operator.settled' || type === 'operator.refuted';
  const told: readonly string[] = what === null ? [] : (TOLD_AS[what] ?? []);
  if (what === null ? isWord : !told.includes(type)) wrong(parts, change, `written with the wish ${what}`);
  if (what === null || change.rowBefore === null) return;
  if (hasOpenWish(change.rowBefore) !== (what !== 'make'))
    wrong(parts, change, what === 'make' ? 'a second open wish' : 'the end of a wish that is not open');
}

/** The outcomes of a lookup that are stronger than each word. */
const STRONGER: Readonly<Record<Wish['outcome'], ReadonlySet<string>>> = {
  completed: new Set(['declined', 'reversed', 'mismatch']),
  failed: new Set(['succeeded', 'mismatch', 'duplicated', 'pending']),
};

function judgeCarriedOut(parts: CommitJudgeParts, change: Change, { outcome }: Wish): void {
  const { book, plan, gateway } = parts;
  const { before, after, rowAfter } = change;
  const key = currentKey(rowAfter);
  const looked = lookedUp(book.wire, key, before?.claimId ?? '');
  if (plan.policy.contract.lookup && looked.every((kind) => kind === 'not_sent'))
    wrong(parts, change, 'carried out without a look at the gateway');
  const isStronger = (kind: Looked): boolean =>
    STRONGER[outcome].has(kind) && !isAboutAnother(parts, change, kind);
  if (looked.length > 0 && looked.every(isStronger))
    wrong(parts, change, `carried out although the gateway showed it as ${looked.join(' or ')}`);
  const isAnswered = !isSilent(parts, change) || saysNo(parts, change);
  if (wasRefuted(rowAfter) && plan.policy.contract.lookup && !isAnswered)
    wrong(parts, change, 'carried out without an answer, and one was refuted before');
  if (isMade(after.operation.status) !== (outcome === 'completed'))
    wrong(parts, change, `${outcome} was carried out as ${after.operation.status}`);
  const made = gateway.ledger.filter((one) => one.key === key);
  if (outcome === 'failed') {
    const isLive = made.some(isHeldOrTaken) || gateway.canStillLand(key);
    // What the gateway showed is judged as any other proof.
    if (isLive && isSilent(parts, change)) standsWrong(book, key);
  } else if (!made.some((one) => isHeldOrTaken(one) || one.status === 'refunded')) standsWrong(book, key);
}

/** Whether the word may be about another charge of the order, or about another call under the key. Then a decline says nothing of it. */
function isAboutAnother({ gateway, plan }: CommitJudgeParts, { rowAfter }: Change, looked: Looked): boolean {
  if (looked !== 'declined' && looked !== 'reversed') return false;
  const keys = new Set(rowAfter.operations.slice(0, -1).map(({ gatewayKey }) => gatewayKey));
  return (
    plan.policy.contract.keys === 'none' ||
    gateway.ledger.some((one) => keys.has(one.key) && isHeldOrTaken(one))
  );
}

function currentKey({ operations }: Row): string {
  return operations.at(-1)?.gatewayKey ?? '';
}

function wrong({ violated, book }: CommitJudgeParts, { orderId, event, after }: Change, why: string): void {
  if (!book.amnesia) violated('operator', `${orderId} #${after.seq} ${event?.type}: ${why}`);
}
