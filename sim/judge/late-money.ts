/**
 * What must hold if the gateway breaks its contract. Payonce cannot stop it from charging too late or twice. But Payonce must report
 * what a lookup has shown, and must not report FAILED while a charge is known to be live.
 */
import { type ChargeBooks, isHeldOrTaken } from '../gateway/model.ts';
import type { Row } from '../store/database.ts';
import { type Book, orderName, type State } from './book.ts';
import type { Exchange } from './wire.ts';

/** Within this time, a worker whose lookup began before the charge was visible has written what it found. */
const WRITTEN_WITHIN_MS = 15_000;

/** The live charges of an order that a lookup has shown to a process. Without those about which a person's wrong word stands. */
export function knownMoney(
  book: Book,
  { ledger }: ChargeBooks,
  { operations, payment }: Row,
  nowMs: number,
): ChargeBooks['ledger'] {
  const { wire, liveSinceMs, words } = book;
  const states = book.states.get(orderName(payment.order.accountId, payment.order.orderId)) ?? [];
  return ledger.filter(({ id, key, status, visibleAtMs }) => {
    // What was pending in a lookup was not shown as money, even if another charge of the key was.
    const shownFromMs = Math.max(visibleAtMs, liveSinceMs.get(id) ?? visibleAtMs);
    return (
      isHeldOrTaken({ status }) &&
      !words.has(key) &&
      shownFromMs + WRITTEN_WITHIN_MS < nowMs &&
      operations.some(({ gatewayKey }) => gatewayKey === key) &&
      showing({ wire }, key, shownFromMs).some((one) => isWritten(states, one))
    );
  });
}

/** Whether a lookup that began since then has shown money under the key. */
export function isShown(book: Pick<Book, 'wire'>, key: string, sinceMs: number): boolean {
  return showing(book, key, sinceMs).length > 0;
}

function showing({ wire }: Pick<Book, 'wire'>, key: string, sinceMs: number): readonly Exchange[] {
  return (wire.exchanges.get(key) ?? []).filter((one) => one.beganMs >= sinceMs && showsMoney(one));
}

/** Whether its sender has written anything after it. If the database could not be reached until its lease was over, nobody knows the answer. */
function isWritten(states: readonly State[], { claimId, beganMs }: Exchange): boolean {
  if (claimId === null) return true;
  return states.some(
    ({ atMs, evidence, row }) => atMs >= beganMs && ((row.claimId === claimId && !row.held) || evidence > 0),
  );
}

function showsMoney({ kind, heard }: Exchange): boolean {
  return kind === 'lookup' && heard !== null && SHOWN.has(heard.kind);
}

const SHOWN: ReadonlySet<string> = new Set(['succeeded', 'mismatch', 'duplicated']);

/** What is wrong with how an order ended. Null: every charge that was shown is in the answer, or was reported to a person. */
export function silentMoney(book: Book, gateway: ChargeBooks, row: Row, nowMs: number): string | null {
  const { status } = row.payment.operation;
  const known = knownMoney(book, gateway, row, nowMs);
  if (status === 'FAILED' && known.length > 0) return `FAILED over ${known.map(({ id }) => id).join(', ')}`;
  if (status !== 'COMPLETED' || known.length < 2) return null;
  const told = row.events.some(({ type }) => type === 'verify.duplicate_found' || type === 'payment.review');
  return told ? null : `COMPLETED, and nobody was told of ${known.map(({ id }) => id).join(', ')}`;
}
