/**
 * *replay*: orders that are settled, asked for again under the same key. Payonce promises the same answer byte for byte; the
 * proxy calls its gateway again, which knows the key.
 */
import { judgeBooks, judgeStatuses } from '../judge/books.ts';
import { sendBatch } from '../load/batch.ts';
import { createOrders, newRun, PAID } from '../load/requests.ts';
import { measureRounds, type Prepared, type Window } from '../measure/rounds.ts';
import type { Contestant } from '../stage/contestants.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { type Context, enterWithPeers, leaveAll } from './context.ts';
import { judgeAllSettled } from './new.ts';

export async function measureReplay(context: Context): Promise<readonly Window[]> {
  const { plan, peers, stage } = context;
  const { timing, connections, orders } = plan.replay;
  const contestants = await enterWithPeers(context, peers);
  const answered = new Map<Contestant, ReadonlyMap<string, string>>();
  for (const contestant of contestants) answered.set(contestant, await settleOrders(contestant, orders));
  const windows = await measureRounds({
    stage,
    contestants,
    connections,
    timing,
    expected: PAID,
    prepare: (contestant) => prepare(context, contestant, answered.get(contestant) ?? new Map()),
  });
  await judgeAllSettled(context, 'replay', contestants);
  await leaveAll(context, 'replay', contestants);
  return windows;
}

/** Connections that settle the orders; more would only wait for the slower servers. */
const PREPARING = 32;

/** New orders, each with the body that it was answered with, by request. */
async function settleOrders(contestant: Contestant, count: number): Promise<ReadonlyMap<string, string>> {
  const order = createOrders(newRun());
  const requests = Array.from({ length: count }, () => contestant.write(order()));
  const bodies = new Map<string, string>();
  await sendBatch({
    target: contestant.target,
    connections: PREPARING,
    requests,
    onAnswer({ status, body }, request) {
      if (PAID.includes(status)) bodies.set(request, body);
    },
  });
  if (bodies.size < count) throw new Error(`${contestant.name} settled ${bodies.size} of ${count} orders.`);
  return bodies;
}

async function prepare(
  { findings }: Context,
  contestant: Contestant,
  bodies: ReadonlyMap<string, string>,
): Promise<Prepared> {
  const before = await contestant.gateway.ledger();
  const requests = [...bodies.keys()];
  let sent = 0;
  let changed = 0;
  return {
    next() {
      sent += 1;
      return requests[sent % requests.length] ?? '';
    },
    onAnswer({ status, body }, request) {
      if (PAID.includes(status) && bodies.get(request) !== body) changed += 1;
    },
    async judge(all) {
      const after = await contestant.gateway.ledger();
      findings.add(contestant, 'replay', judgeStatuses(all));
      findings.add(contestant, 'replay', judgeBooks({ before, after, paid: 0, uncertain: 0 }));
      // Nobody else promises it.
      if (changed === 0 || contestant.program !== PAYONCE) return;
      findings.add(contestant, 'replay', [`${changed} answers are not the first one byte for byte`]);
    },
  };
}
