/**
 * Operators' wishes. They are made and ended in the statement of a fenced write, and only if that write applies.
 */
import type { Advance, StoredWish, UnitKey, WishChange } from '../ports/store.ts';
import type { Extra } from './extras.ts';
import type { Session } from './session.ts';
import { safeInteger } from './types.ts';

/** The row that a wish is about, as the fenced write's relation `p` has it. */
export interface WishedRow {
  /** The column of `p` with the id of the row. */
  readonly unitId: 'payment_id' | 'follow_up_id';
  /** SQL for the number of the charge. */
  readonly n: string;
}

/** What the write does with a wish. */
export function wishesOf({ wish }: Advance, row: WishedRow): readonly Extra[] {
  if (wish === undefined) return [];
  return [wish.kind === 'make' ? making(wish, row) : ending(wish, row)];
}

type Change<Kind> = Extract<WishChange, { kind: Kind }>;

function making({ wish, evidence }: Change<'make'>, { unitId, n }: WishedRow): Extra {
  const { outcome, actor } = wish;
  const [ref, amount] = wish.outcome === 'completed' ? [wish.gatewayRef, wish.amountMinor] : [null, null];
  const sql = (next: number): string => {
    const p = (index: number): string => `$${next - 1 + index}`;
    return `w AS (INSERT INTO payonce.wishes (
    account_id, unit_id, seq, n, outcome, gateway_ref, amount_minor, evidence, actor, made_at)
  SELECT account_id, ${unitId}, seq, ${n}, ${p(1)}, ${p(2)}, ${p(3)}::bigint, ${p(4)}, ${p(5)}, now() FROM p)`;
  };
  return { sql, values: [outcome, ref, amount, evidence, actor] };
}

function ending({ seq, end }: Change<'end'>, { unitId }: WishedRow): Extra {
  const sql = (
    next: number,
  ): string => `w AS (UPDATE payonce.wishes w SET ended_at = now(), ending = $${next} FROM p
  WHERE w.account_id = p.account_id AND w.unit_id = p.${unitId} AND w.seq = $${next + 1}::integer AND w.ending IS NULL)`;
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
