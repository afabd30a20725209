/**
 * *real*: a gateway that takes 50 to 150 ms and fails three times in ten. In an open loop at a share of the capacity, what
 * does a payment take beyond the gateway's own calls, and the waits between them?
 */

import { judgeShots, type RealFigures } from '../judge/shots.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { countOf } from '../load/counts.ts';
import { openLoop, type Shot } from '../load/open-loop.ts';
import { createOrders, newRun } from '../load/requests.ts';
import { sendTimes } from '../load/schedule.ts';
import type { Contestant } from '../stage/contestants.ts';
import { type Context, enterWithPeers, leaveAll } from './context.ts';
import { judgeAllSettled } from './new.ts';

/** Three failures in ten, most of them before the charge; the latency of a card gateway. */
const REAL_FAULTS = {
  latency_ms: { min: 50, max: 150 },
  error_before: 0.25,
  error_after: 0.05,
} as const;

export interface RealWindow extends RealFigures {
  readonly subject: string;
  readonly round: number;
  /** Payments a second in a closed loop. */
  readonly capacity: number;
  /** Payments a second by the schedule. */
  readonly rate: number;
}

export async function measureReal(context: Context): Promise<readonly RealWindow[]> {
  const { plan, peers, stage } = context;
  const contestants = await enterWithPeers(context, peers, { faults: REAL_FAULTS });
  const capacities = new Map<Contestant, number>();
  for (const contestant of contestants) {
    const capacity = await findCapacity(context, contestant);
    capacities.set(contestant, capacity);
    stage.say(`    ${contestant.name}: capacity ${Math.round(capacity)} a second`);
  }
  const windows: RealWindow[] = [];
  for (let round = 1; round <= plan.real.rounds; round += 1) {
    for (const contestant of contestants) {
      const capacity = capacities.get(contestant) ?? 0;
      const rate = capacity * plan.real.share;
      const figures = await measureOpenLoop(context, contestant, { rate, round });
      windows.push({ subject: contestant.name, round, capacity, rate, ...figures });
      const { p50, p99 } = figures.firstCall;
      stage.say(`    round ${round}, ${contestant.name}: added p50 ${p50 ?? '–'} ms, p99 ${p99 ?? '–'} ms`);
    }
  }
  await judgeAllSettled(context, 'real', contestants);
  await leaveAll(context, 'real', contestants);
  return windows;
}

async function findCapacity({ plan }: Context, { target, write }: Contestant): Promise<number> {
  const order = createOrders(newRun());
  const load = await closedLoop({ target, ...plan.real.capacity, next: () => write(order()) });
  // A connection that is refused is no capacity.
  return (load.answers - countOf(load.statuses, [0])) / load.seconds;
}

/** Every server gets the same bunches of requests, in every round. */
const SEED = 7;

async function measureOpenLoop(
  { plan, findings }: Context,
  contestant: Contestant,
  { rate, round }: { readonly rate: number; readonly round: number },
): Promise<RealFigures> {
  const { warmUpMs, windowMs } = plan.real;
  const order = createOrders(newRun());
  const shots = await openLoop({
    target: contestant.target,
    times: sendTimes({ perSecond: rate, forMs: warmUpMs + windowMs, seed: SEED + round }),
    next: () => contestant.write(order()),
  });
  const isCounted = ({ atMs }: Shot): boolean => atMs >= warmUpMs;
  const { figures, problems } = await judgeShots(contestant, shots, isCounted);
  findings.add(contestant, 'real', problems);
  return figures;
}
