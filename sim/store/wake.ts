/** The statement of `Store.wake`; see `src/postgres/wake.ts`. */
import type { Wake } from '../../src/ports/store.ts';
import { put, within } from './committed.ts';
import { byId, putFollowUp } from './follow-ups/committed.ts';
import type { FollowUpState } from './follow-ups/rows.ts';
import { followUpChange, followUpLock } from './follow-ups/statement.ts';
import type { PaymentRow } from './rows.ts';
import { type Context, changeOf, orderLock, type Statement } from './statement.ts';
import type { Change, FollowUpChange, Result } from './types.ts';

export function wake(context: Context, query: Wake): Statement<Result<'wake'>> {
  const { followUpId } = query;
  return followUpId === null ? wakePayment(context, query) : wakeFollowUp(context, query, followUpId);
}

type Woken = Statement<Result<'wake'>>;

function wakePayment({ committed, nowMs }: Context, query: Wake): Woken {
  const { accountId, orderId } = query.payment;
  const order = within(accountId, orderId);
  const wakes = (): boolean => mayWake(committed.rows.get(order)?.payment, query, nowMs);
  const apply = (changes: Change[]): Result<'wake'> => {
    const before = committed.rows.get(order);
    if (before === undefined) return 'lost';
    const after = { ...before, payment: { ...before.payment, dueAtMs: nowMs + query.waitMs } };
    put(committed, after);
    changes.push(changeOf('wake', query, before, after));
    return 'woken';
  };
  return statement(wakes() ? orderLock(order) : null, wakes, apply);
}

function wakeFollowUp({ committed, nowMs }: Context, query: Wake, id: string): Woken {
  const { accountId } = query.payment;
  const wakes = (): boolean => mayWake(byId(committed, accountId, id)?.state, query, nowMs);
  const apply = (_changes: Change[], followUps: FollowUpChange[]): Result<'wake'> => {
    const before = byId(committed, accountId, id);
    if (before === undefined) return 'lost';
    const after = { ...before, state: { ...before.state, dueAtMs: nowMs + query.waitMs } };
    putFollowUp(committed, after);
    followUps.push(followUpChange(committed, 'wake', query, before, after));
    return 'woken';
  };
  return statement(wakes() ? followUpLock(within(accountId, id)) : null, wakes, apply);
}

/** Null: no row matched when the statement arrived. */
function statement(lock: string | null, proceeds: () => boolean, apply: Woken['apply']): Woken {
  return {
    locks: lock === null ? [] : [lock],
    proceeds,
    apply: lock === null ? () => 'lost' : apply,
    otherwise: () => 'lost',
  };
}

function mayWake(row: PaymentRow | FollowUpState | undefined, query: Wake, nowMs: number): boolean {
  if (row === undefined || row.paymentId !== query.payment.paymentId) return false;
  const { seq, held, operation, dueAtMs } = row;
  if (seq !== query.expected.seq || held || operation.step === 'call') return false;
  return dueAtMs === null || dueAtMs > nowMs + query.waitMs;
}
