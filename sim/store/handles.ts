/** What charges were prepared on; see `src/postgres/handles.ts`. */
import type { NextAction } from '../../src/domain/outcomes.ts';
import type { ChargeOf, StoredHandle } from '../../src/ports/store.ts';
import { requireConstraint, within } from './committed.ts';
import { type Context, handleLock, type Statement } from './statement.ts';

const nameOf = ({ accountId, paymentId, n }: ChargeOf): string => within(accountId, `${paymentId} ${n}`);

const NONE: StoredHandle = { handle: null, prepares: 0, action: null };

export function handle({ committed }: Context, charge: ChargeOf): StoredHandle | null {
  return committed.handles.get(nameOf(charge)) ?? null;
}

/** The row's lock, and what is written under it. */
function writing<T>(
  { committed }: Context,
  charge: ChargeOf,
  write: (before: StoredHandle) => [StoredHandle, T],
) {
  const name = nameOf(charge);
  const apply = (): T => {
    requireConstraint(charge.n > 0, 'charge_n');
    const [after, result] = write(committed.handles.get(name) ?? NONE);
    committed.handles.set(name, after);
    return result;
  };
  const statement: Statement<T> = {
    locks: [handleLock(name)],
    proceeds: () => true,
    apply,
    otherwise: apply,
  };
  return statement;
}

export function keepHandle(context: Context, charge: ChargeOf, given: string): Statement<string> {
  return writing(context, charge, (before) => {
    const kept = before.handle ?? given;
    return [{ ...before, handle: kept }, kept];
  });
}

export function raisePrepares(context: Context, charge: ChargeOf, to: number): Statement<void> {
  return writing(context, charge, (before) => {
    // Also if there is a row already: the database judges what it would insert.
    requireConstraint(to >= 0, 'prepares');
    return [{ ...before, prepares: Math.max(before.prepares, to) }, undefined];
  });
}

/** Where there is no row with a handle, none is locked, and nothing is written. */
export function keepAction(context: Context, charge: ChargeOf, action: NextAction | null): Statement<void> {
  if ((handle(context, charge)?.handle ?? null) === null)
    return { locks: [], proceeds: () => true, apply: () => {}, otherwise: () => {} };
  return writing(context, charge, (before) => [{ ...before, action }, undefined]);
}
