/** *new*: new orders, at a gateway that answers at once. What every payment costs. */
import { claimsOfNewOrders, judgeBooks, judgeStatuses } from '../judge/books.ts';
import { judgeSettled } from '../judge/settled.ts';
import { createOrders, newRun, PAID } from '../load/requests.ts';
import { measureRounds, type Prepared, type Timing, type Window } from '../measure/rounds.ts';
import { type Contestant, enter } from '../stage/contestants.ts';
import { KEYED, OTHER, PAYONCE } from '../stage/subjects.ts';
import { type Context, enterWithPeers, leaveAll } from './context.ts';

export async function measureNew(context: Context): Promise<readonly Window[]> {
  const { plan, peers } = context;
  const beside = await enterWithPeers(context, peers);
  const other = plan.against === null ? [] : [await enterOther(context, plan.against)];
  const keyed = plan.keys ? [await enterKeyed(context)] : [];
  const contestants = [...other, ...beside, ...keyed];
  const { timing, connections, picture } = plan.new;
  const table = await measureNewOrders(context, 'new', { contestants, timing, connections });
  const further = await measureNewOrders(context, 'new', { contestants, ...picture });
  await judgeAllSettled(context, 'new', contestants);
  await leaveAll(context, 'new', contestants);
  return [...table, ...further];
}

/** The service of another checkout, at a gateway and a database of its own like everybody. */
function enterOther({ stage }: Context, root: string): Promise<Contestant> {
  return enter(stage, PAYONCE, { name: OTHER, root });
}

/** Payonce again, at a gateway and a database of its own: each of its requests brings an API key. */
function enterKeyed({ stage }: Context): Promise<Contestant> {
  return enter(stage, PAYONCE, { name: KEYED, keyed: true });
}

/** Windows of new orders for these contestants. The answers of each window are compared with the ledger. */
export function measureNewOrders(
  { stage, findings }: Context,
  workload: string,
  options: {
    readonly contestants: readonly Contestant[];
    readonly timing: Timing;
    readonly connections: readonly number[];
  },
): Promise<readonly Window[]> {
  return measureRounds({
    stage,
    ...options,
    expected: PAID,
    async prepare(contestant): Promise<Prepared> {
      const before = await contestant.gateway.ledger();
      const order = createOrders(newRun());
      return {
        next: () => contestant.write(order()),
        async judge(all) {
          const after = await contestant.gateway.ledger();
          findings.add(contestant, workload, judgeStatuses(all));
          findings.add(contestant, workload, judgeBooks({ before, after, ...claimsOfNewOrders(all) }));
        },
      };
    },
  });
}

/** Payonce's own tables against the ledger, when nothing is under way any more. */
export async function judgeAllSettled(
  { stage, findings }: Context,
  workload: string,
  contestants: readonly Contestant[],
): Promise<void> {
  for (const contestant of contestants) {
    if (contestant.program !== PAYONCE) continue;
    findings.add(contestant, `${workload}, at the end`, await judgeSettled(stage, contestant));
  }
}
