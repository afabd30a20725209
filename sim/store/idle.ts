/** The statement of `Store.wakeIdle`; see `src/postgres/idle.ts`. */
import type { IdleCursor, IdleQuery } from '../../src/ports/store.ts';
import { put } from './committed.ts';
import type { Row } from './rows.ts';
import { type Context, changeOf, orderLock, type Statement } from './statement.ts';
import type { Change } from './types.ts';

export function wakeIdle(context: Context, query: IdleQuery): Statement<IdleCursor | null> {
  const { committed, nowMs } = context;
  const cursor = ({ payment }: Row): string => `${payment.order.accountId}\0${payment.paymentId}`;
  const after = query.after === null ? '' : `${query.after.accountId}\0${query.after.paymentId}`;
  const page = [...committed.rows]
    .filter(([, row]) => row.events.some(({ status }) => status === query.status) && cursor(row) > after)
    .sort(([, a], [, b]) => (cursor(a) < cursor(b) ? -1 : 1))
    .slice(0, query.limit);
  const wakes = ({ payment }: Row): boolean =>
    payment.gateway === query.gateway &&
    payment.operation.status === query.status &&
    payment.dueAtMs === null &&
    payment.updatedAtMs <= (query.beforeMs ?? Number.POSITIVE_INFINITY);
  const snapshot = page.filter(([, row]) => wakes(row)).map(([order]) => order);

  function wake(order: string, changes: Change[]): void {
    const before = committed.rows.get(order);
    if (before === undefined || !wakes(before)) return;
    const { payment } = before;
    const after: Row = { ...before, payment: { ...payment, dueAtMs: nowMs } };
    put(committed, after);
    changes.push(changeOf('wakeIdle', query, before, after));
  }

  function apply(changes: Change[]): IdleCursor | null {
    for (const order of snapshot) wake(order, changes);
    const [, last] = page.at(-1) ?? [];
    if (last === undefined || page.length < query.limit) return null;
    return { accountId: last.payment.order.accountId, paymentId: last.payment.paymentId };
  }
  return { locks: snapshot.map(orderLock).sort(), proceeds: () => true, apply, otherwise: apply };
}
