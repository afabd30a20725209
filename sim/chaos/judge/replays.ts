/** Judges the replays after the end: each gets an answer, and none changes anything. */
import type { Exchange } from '../record.ts';
import { isEnd, nameOfEnding } from './capture-reading.ts';
import { type Ending, type Finding, nameOf, type Refund, type State, type Violation } from './case.ts';
import { type Body, bodyOf, isAboutEnds, isAboutRefunds, isSettled, paymentStatusOf } from './reading.ts';
import { isRefundEnd } from './refund-reading.ts';

/** @param inDoubt what may have no end yet: payments by their ids, refunds by their `nameOf`, captures and voids by their `nameOfEnding`. Default: none. */
export function judgeReplays(
  exchanges: readonly Exchange[],
  inDoubt: ReadonlySet<string> = new Set(),
): Violation[] {
  return exchanges.flatMap((exchange): Violation[] => {
    const { scenario, status, n, key, orderId, text } = exchange;
    if (scenario === 'final change' && status !== 422) {
      const what = `another request under the key ${key} was answered ${status} after the end`;
      return [{ kind: 'changed_answer', what, exchanges: [n], orderId }];
    }
    if (scenario !== 'final replay' || hasAnswer(exchange)) return [];
    const body = bodyOf(text);
    if (status === 202 && paymentStatusOf(body) === 'REVIEW') return [];
    if (status === 202 && inDoubt.has(subjectOf(body))) return [];
    const what = `the key ${key} had no answer after the end: ${status}`;
    return [{ kind: 'unsettled', what, exchanges: [n], orderId }];
  });
}

/** Whose answer it is, as in `inDoubt`. */
function subjectOf(body: Body): string {
  if (typeof body.refund_id === 'string') return nameOf(body as unknown as Refund);
  return typeof body.operation === 'string'
    ? nameOfEnding(body as unknown as Ending)
    : String(body.payment_id);
}

function hasAnswer(exchange: Exchange): boolean {
  if (isAboutEnds(exchange.path)) return isEnd(exchange);
  return isAboutRefunds(exchange.path) ? isRefundEnd(exchange) : isSettled(exchange);
}

/** Which fields differ, and how. Null: none. */
function differenceOf(before: object | undefined, after: object): string | null {
  if (before === undefined) return 'it is new';
  const old = new Map(Object.entries(before));
  const fields = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(old.get(name)) !== JSON.stringify(value),
  );
  if (fields.length === 0) return null;
  return fields
    .map(([name, value]) => `${name} ${JSON.stringify(old.get(name))} → ${JSON.stringify(value)}`)
    .join(', ');
}

/** What is different after the replays. Unsettled payments and lookups of other charges go on by themselves, so they do not count. */
export function judgeUnchanged(before: State, after: State): Finding[] {
  const changed = (what: string): Finding => ({
    kind: 'causeless_call',
    what: `the final replays changed ${what}`,
  });
  const found: Finding[] = [];
  const open = before.payments.filter(({ status }) => status === 'PROCESSING' || status === 'UNRESOLVED');
  const refunding = [...before.refunds].filter(([, own]) => own.some(({ status }) => status === 'PENDING'));
  const ending = [...before.endings].filter(([, own]) => own.some(({ status }) => status === 'PENDING'));
  const goesOn = new Set([
    ...open.map(({ payment_id: id }) => id),
    ...[...refunding, ...ending].map(([id]) => id),
  ]);
  if (JSON.stringify(before.ledger) !== JSON.stringify(after.ledger))
    found.push(changed("the gateway's ledger"));
  for (const payment of after.payments) {
    if (goesOn.has(payment.payment_id)) continue;
    const was = before.payments.find(({ payment_id: id }) => id === payment.payment_id);
    const difference = differenceOf(was, payment);
    if (difference !== null) found.push(changed(`payment ${payment.payment_id}: ${difference}`));
  }
  if (before.payments.length > after.payments.length) found.push(changed('payments: some are gone'));
  for (const [id, refunds] of after.refunds) {
    if (goesOn.has(id)) continue;
    if (JSON.stringify(refunds) !== JSON.stringify(before.refunds.get(id)))
      found.push(changed(`the refunds of ${id}`));
  }
  for (const [id, endings] of after.endings) {
    if (goesOn.has(id)) continue;
    if (JSON.stringify(endings) !== JSON.stringify(before.endings.get(id)))
      found.push(changed(`the captures and voids of ${id}`));
  }
  for (const [id, events] of after.events) {
    if (goesOn.has(id)) continue;
    const added = events.slice(before.events.get(id)?.length ?? 0);
    if (added.some(({ type }) => !type.startsWith('verify.'))) found.push(changed(`the events of ${id}`));
  }
  return found;
}
