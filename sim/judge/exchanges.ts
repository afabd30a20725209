/**
 * What must hold when an exchange with the gateway begins, and when a call's first byte is sent. The sender must hold a lease that, in
 * true time, ends after it stops listening. The key must still guard the charge.
 */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import { policyOf } from '../plan/plan.ts';
import type { Row } from '../store/database.ts';
import { STATEMENT_MS, statesSince } from './book.ts';
import type { MoneyJudgeParts } from './money.ts';
import { claimantOf, doubtful, type Exchange } from './wire.ts';

/** A process sends nothing and waits for no answer this long before its lease ends. */
export const LEASE_MARGIN_MS = 250;

export interface Beginning {
  readonly kind: Exchange['kind'];
  readonly sender: string;
  readonly request: Pick<ChargeRequest, 'key' | 'orderId'>;
  readonly timeoutMs: number;
  /** As in `Sending`. */
  readonly blind: boolean;
}

export function judgeBeginning(parts: MoneyJudgeParts, beginning: Beginning): Exchange {
  const { book, nowMs } = parts;
  const { kind, sender, request, timeoutMs } = beginning;
  const row = parts.rowOf(request.key);
  const { wire } = book;
  const exchange: Exchange = {
    kind,
    sender,
    key: request.key,
    claimId: row !== undefined && holds(book, row, sender) ? row.payment.claimId : null,
    beganMs: nowMs(),
    untilMs: nowMs() + timeoutMs,
    leftMs: null,
    heard: null,
  };
  const known = wire.exchanges.get(request.key);
  if (known === undefined) wire.exchanges.set(request.key, [exchange]);
  else known.push(exchange);
  const isOurs = (one: Row): boolean => holds(book, one, sender);
  const leased = kind === 'lookup' || kind === 'seal' ? parts.lookedUpFor(request.key, isOurs) : row;
  if (leased !== undefined) judgeLease(parts, beginning, leased);
  return exchange;
}

function holds({ wire }: MoneyJudgeParts['book'], { payment }: Row, sender: string): boolean {
  return payment.held && claimantOf(wire, payment.claimId)?.name === sender;
}

/** An exchange ends before its lease does, with time for what is left to do under it. */
function judgeLease(
  parts: MoneyJudgeParts,
  { kind, sender, request, timeoutMs, blind }: Beginning,
  row: Row,
): void {
  const { book, plan, violated, nowMs, databaseNowMs } = parts;
  if (book.amnesia || book.idLost || blind || isCutShort(parts)) return;
  // The end of a capture or a void takes the claim of whoever is about to look at the charge. That look does no harm.
  const { operation, held } = row.payment;
  if (kind === 'lookup' && operation.manual === true && !held && operation.step === 'none') return;
  // So does the opening of the next charge, if an event has had a failed one looked at.
  if ((kind === 'lookup' || kind === 'seal') && isOvertaken(parts, { kind, sender, request })) return;
  // A wall clock that was set back hides how long the machine slept. Then a lookup does no harm, and a call is judged when it is sent.
  const hides = plan.mishaps.includes('clock_jumps') && plan.mishaps.includes('machine_suspended');
  if (hides) return;
  const what = `${sender} began a ${kind} for ${request.orderId} at ${nowMs()}`;
  if (!holds(book, row, sender)) {
    violated('5 lease', `${what} without a claim of its own`);
    return;
  }
  const leftMs = (row.payment.dueAtMs ?? 0) - databaseNowMs();
  if (timeoutMs + LEASE_MARGIN_MS > leftMs)
    violated('5 lease', `${what} for ${timeoutMs} ms, with ${leftMs} ms of its lease left`);
}

/**
 * Whether the sender held the order for a look at a charge that had failed, until the next charge was opened. If that one has failed before the
 * sender reads which charges there are, it looks at that one, too. It may seal what had failed by then, and nothing later.
 */
function isOvertaken(
  { book, plan, nowMs }: MoneyJudgeParts,
  { kind, sender, request }: Pick<Beginning, 'kind' | 'sender' | 'request'>,
): boolean {
  const intended = book.intended.get(request.key);
  if (intended === undefined) return false;
  const longestMs = Math.max(plan.policy.leaseMs, plan.otherSettings?.leaseMs ?? 0);
  return statesSince(book, intended.order, nowMs() - longestMs).some(
    ({ status, row, chargeN }) =>
      status === 'FAILED' &&
      row.held &&
      claimantOf(book.wire, row.claimId)?.name === sender &&
      (kind === 'lookup' || intended.n <= chargeN),
  );
}

/** Whether the database's clock was set forward so recently that leases may end earlier than their holders can know. */
export function isCutShort({ book, plan, nowMs }: MoneyJudgeParts): boolean {
  const longestMs = Math.max(plan.policy.leaseMs, plan.otherSettings?.leaseMs ?? 0);
  return nowMs() < book.stepped.forwardAtMs + longestMs;
}

/** A call's first byte is sent in time: its claim was granted before the deadline, and its key still guards whatever was charged. */
export function judgeFirstByte(
  parts: MoneyJudgeParts,
  { sender, key }: { readonly sender: string; readonly key: string },
  { payment, events }: Row,
): void {
  const { book, plan, violated, nowMs, databaseNowMs } = parts;
  const { operation, claimId, dueAtMs, order } = payment;
  const what = `${sender} sent charge ${operation.n} of ${order.orderId}`;
  const policy = policyOf(plan, claimantOf(book.wire, claimId)?.index ?? 0);
  const openedMs = book.intended.get(key)?.openedMs ?? 0;
  const isStepped = book.stepped.atMs > openedMs - STATEMENT_MS;
  if (operation.giveUpAfterS === null && operation.attempts > 1 && !isStepped) {
    const grantedAtMs = (dueAtMs ?? 0) - policy.leaseMs;
    if (grantedAtMs - operation.openedAtMs >= policy.callDeadlineMs)
      violated('time', `${what} once more under a claim of after its deadline`);
  }
  if ((book.evidenceAtClaim.get(claimId) ?? 0) > 0)
    violated('3 evidence', `${what} over evidence that its claim had found`);
  const declined = events.some(
    ({ type, chargeN }) => type === 'call.declined_in_doubt' && chargeN === operation.n,
  );
  if (declined) violated('4 moves', `${what} once more after the gateway had declined it`);
  const { keys, keyWindowMs, landsWithinMs } = policy.contract;
  // This call is already among the exchanges.
  const [first, ...others] = doubtful(book.wire, key);
  if (first === undefined || others.length === 0 || book.blindSends.has(key) || isStepped) return;
  // It could be sent at any moment of its lease.
  const leaseMs = (dueAtMs ?? 0) - databaseNowMs();
  if (keys === 'none') violated('1 charged twice', `${what} again, and no key guards it`);
  else if (nowMs() + leaseMs + landsWithinMs >= first.leftMs + keyWindowMs)
    violated('time', `${what} again, ${nowMs() - first.leftMs} ms after its key was first used`);
}
