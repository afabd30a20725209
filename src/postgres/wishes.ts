/**
 * Operators' wishes. They are made and ended in the statement of a fenced write, and only if that write applies. Such writes are rare, so
 * they have statements of their own, and the statement of all others stays as it is.
 */

import type { QueryResultRow } from 'pg';
import type { Advance, StoredWish, UnitKey, WishChange } from '../ports/store.ts';
import type { Session } from './session.ts';
import { safeInteger } from './types.ts';

type Wishing = Advance & { readonly wish: WishChange };

export function hasWish(write: Advance): write is Wishing {
  return write.wish !== undefined;
}

/** A statement that ends with `result`, and its values, with the change of the wish between them. */
interface Fenced {
  /** It has a relation `p` with the row after the write, if that applies. */
  readonly tables: string;
  readonly result: string;
  readonly values: readonly string[];
  /** The column of `p` with the id of the row. */
  readonly unitId: 'payment_id' | 'follow_up_id';
  /** SQL for the number of the charge. */
  readonly n: string;
}

export function withWish<Row extends QueryResultRow>(
  session: Session,
  { wish }: Wishing,
  fenced: Fenced,
): Promise<Row[]> {
  const { tables, result, values } = fenced;
  const change = wish.kind === 'make' ? making(wish, fenced) : ending(wish, fenced);
  return session.query(`${tables}, w AS (${change.sql})\n${result}`, [...values, ...change.values]);
}

type Change<Kind> = Extract<WishChange, { kind: Kind }>;

function making({ wish, evidence }: Change<'make'>, { values, unitId, n }: Fenced) {
  const { outcome, actor } = wish;
  const [ref, amount] = wish.outcome === 'completed' ? [wish.gatewayRef, wish.amountMinor] : [null, null];
  const p = (index: number): string => `$${values.length + index}`;
  const sql = `INSERT INTO payonce.wishes (
    account_id, unit_id, seq, n, outcome, gateway_ref, amount_minor, evidence, actor, made_at)
  SELECT account_id, ${unitId}, seq, ${n}, ${p(1)}, ${p(2)}, ${p(3)}::bigint, ${p(4)}, ${p(5)}, now() FROM p`;
  return { sql, values: [outcome, ref, amount, evidence, actor] };
}

function ending({ seq, end }: Change<'end'>, { values, unitId }: Fenced) {
  const p = (index: number): string => `$${values.length + index}`;
  const sql = `UPDATE payonce.wishes w SET ended_at = now(), ending = ${p(1)} FROM p
  WHERE w.account_id = p.account_id AND w.unit_id = p.${unitId} AND w.seq = ${p(2)}::integer AND w.ending IS NULL`;
  return { sql, values: [end, seq] };
}

const LAST = `
SELECT w.seq, w.n, w.outcome, w.gateway_ref, w.amount_minor, w.actor, w.ending, EXISTS (
  SELECT FROM payonce.wishes b WHERE b.account_id = w.account_id AND b.unit_id = w.unit_id AND b.seq < w.seq
    AND b.n = w.n AND b.ending = 'refuted') AS refuted_before
FROM payonce.wishes w WHERE w.account_id = $1 AND w.unit_id = $2 ORDER BY w.seq DESC LIMIT 1`;

interface WishRow {
  readonly seq: number;
  readonly n: number;
  readonly outcome: 'completed' | 'failed';
  readonly gateway_ref: string | null;
  /** As text, because a JavaScript number may round it. */
  readonly amount_minor: string | null;
  readonly actor: string;
  readonly ending: StoredWish['end'];
  readonly refuted_before: boolean;
}

export async function lastWish(session: Session, { accountId, unitId }: UnitKey): Promise<StoredWish | null> {
  const [row] = await session.query<WishRow>(LAST, [accountId, unitId]);
  if (row === undefined) return null;
  const { seq, n, ending: end, refuted_before: refutedBefore, outcome, actor } = row;
  const known = { seq, n, end, refutedBefore };
  if (outcome === 'failed') return { ...known, wish: { outcome, actor } };
  const [gatewayRef, amountMinor] = [row.gateway_ref ?? '', safeInteger(row.amount_minor ?? '0')];
  return { ...known, wish: { outcome, gatewayRef, amountMinor, actor } };
}
