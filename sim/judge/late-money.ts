/**
 * What is owed where the gateway has broken its word: nobody can keep it from charging too late or twice, but what it has shown of that
 * is never kept silent, and nothing is said to have failed over money that is known.
 */
import type { Books } from '../gateway/model.ts';
import type { Row } from '../store/database.ts';
import type { Book } from './book.ts';
import type { Exchange } from './wire.ts';

/** By then whoever asked before it could be seen has written what he found. */
const WRITTEN_WITHIN_MS = 15_000;

/** The live charges of an order that a lookup has shown to one of us. */
export function knownMoney(
  { wire }: Book,
  { ledger }: Books,
  { operations }: Row,
  nowMs: number,
): Books['ledger'] {
  return ledger.filter(
    ({ key, status, visibleAtMs }) =>
      status === 'succeeded' &&
      visibleAtMs + WRITTEN_WITHIN_MS < nowMs &&
      operations.some(({ gatewayKey }) => gatewayKey === key) &&
      (wire.exchanges.get(key) ?? []).some((one) => one.beganMs >= visibleAtMs && showsMoney(one)),
  );
}

function showsMoney({ kind, heard }: Exchange): boolean {
  return kind === 'lookup' && heard !== null && SHOWN.has(heard.kind);
}

const SHOWN: ReadonlySet<string> = new Set(['succeeded', 'mismatch', 'duplicated']);

/** What is wrong with how an order ended; null: all money that was shown is in the answer, or before a person. */
export function silentMoney(book: Book, gateway: Books, row: Row, nowMs: number): string | null {
  const { status } = row.payment.charge;
  const known = knownMoney(book, gateway, row, nowMs);
  if (status === 'FAILED' && known.length > 0) return `FAILED over ${known.map(({ id }) => id).join(', ')}`;
  if (status !== 'COMPLETED' || known.length < 2) return null;
  const told = row.events.some(({ type }) => type === 'verify.duplicate_found' || type === 'payment.review');
  return told ? null : `COMPLETED, and nobody was told of ${known.map(({ id }) => id).join(', ')}`;
}
