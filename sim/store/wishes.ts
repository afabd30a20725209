/** Operators' wishes; see `src/postgres/wishes.ts`. */
import type { StoredWish, UnitKey, WishChange } from '../../src/ports/store.ts';
import { type Committed, within } from './committed.ts';
import type { WishRow } from './rows.ts';
import type { Context } from './statement.ts';

/** `row`: the row after the write that changes its wish. */
export function changeWish(
  committed: Committed,
  { accountId, unitId }: UnitKey,
  change: WishChange | undefined,
  row: { readonly seq: number; readonly n: number },
): void {
  if (change === undefined) return;
  const unit = within(accountId, unitId);
  const before = committed.wishes.get(unit) ?? [];
  const after: readonly WishRow[] =
    change.kind === 'make'
      ? [...before, { ...row, wish: change.wish, end: null }]
      : before.map((one) => (one.seq === change.seq && one.end === null ? { ...one, end: change.end } : one));
  committed.wishes.set(unit, after);
}

export function lastWish({ committed }: Context, { accountId, unitId }: UnitKey): StoredWish | null {
  const wishes = committed.wishes.get(within(accountId, unitId)) ?? [];
  const last = wishes.at(-1);
  if (last === undefined) return null;
  const before = wishes.slice(0, -1);
  return { ...last, refutedBefore: before.some(({ n, end }) => n === last.n && end === 'refuted') };
}
