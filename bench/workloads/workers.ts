/** *workers*: new orders at one process, and at two that share the port. On few processors there is little to gain. */
import type { Window } from '../measure/rounds.ts';
import { enter } from '../stage/contestants.ts';
import { processCount } from '../stage/cpu.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { type Context, leaveAll } from './context.ts';
import { judgeAllSettled, measureNewOrders } from './new.ts';

export const ONE_WORKER = 'payonce, WORKERS=1';
const TWO_WORKERS = 'payonce, WORKERS=2';

export async function measureWorkers(context: Context): Promise<readonly Window[]> {
  const { stage, plan, findings } = context;
  const one = await enter(stage, PAYONCE, { name: ONE_WORKER, env: { WORKERS: '1' } });
  const two = await enter(stage, PAYONCE, { name: TWO_WORKERS, env: { WORKERS: '2' } });
  if (processCount(two.server.pid) <= processCount(one.server.pid)) {
    findings.note(
      'workers: WORKERS=2 started no more processes than WORKERS=1; the comparison says nothing.',
    );
  }
  const contestants = [one, two];
  const windows = await measureNewOrders(context, 'workers', { contestants, ...plan.workers });
  await judgeAllSettled(context, 'workers', contestants);
  await leaveAll(context, 'workers', contestants);
  return windows;
}
