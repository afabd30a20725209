/** *mixed*: four new orders in five requests, and duplicates of every kind. Each order must be charged once. */
import { judgeBooks, judgeStatuses } from '../judge/books.ts';
import { createMixedOrders } from '../load/mixed-orders.ts';
import { newRun, orderIdOf, PAID, paymentIdOf } from '../load/requests.ts';
import { createRandom } from '../load/schedule.ts';
import { measureRounds, type Prepared, type Window } from '../measure/rounds.ts';
import type { Contestant } from '../stage/contestants.ts';
import { type Context, enterWithPeers, leaveAll } from './context.ts';
import { judgeAllSettled } from './new.ts';

/** Every server gets the same mixture. */
const SEED = 11;

export async function measureMixed(context: Context): Promise<readonly Window[]> {
  const { plan, peers, stage } = context;
  const contestants = await enterWithPeers(context, peers);
  const windows = await measureRounds({
    stage,
    contestants,
    ...plan.mixed,
    expected: PAID,
    prepare: (contestant) => prepare(context, contestant),
  });
  await judgeAllSettled(context, 'mixed', contestants);
  await leaveAll(context, 'mixed', contestants);
  return windows;
}

async function prepare({ findings }: Context, contestant: Contestant): Promise<Prepared> {
  const before = await contestant.gateway.ledger();
  const orders = createMixedOrders(newRun(), createRandom(SEED));
  const asked = new Set<string>();
  const paid = new Map<string, string | null>();
  let divided = 0;
  return {
    next() {
      const order = orders.next();
      asked.add(order.orderId);
      return contestant.write(order);
    },
    onAnswer({ status, body }, request) {
      if (!PAID.includes(status)) return;
      const orderId = orderIdOf(request);
      const paymentId = paymentIdOf(body);
      if (paid.has(orderId) && paid.get(orderId) !== paymentId) divided += 1;
      paid.set(orderId, paymentId);
      orders.answered(orderId);
    },
    async judge(all) {
      const after = await contestant.gateway.ledger();
      const claims = { paid: paid.size, uncertain: asked.size - paid.size };
      findings.add(contestant, 'mixed', judgeStatuses(all));
      findings.add(contestant, 'mixed', judgeBooks({ before, after, ...claims }));
      if (divided > 0)
        findings.add(contestant, 'mixed', [`${divided} answers name another payment of the order`]);
    },
  };
}
