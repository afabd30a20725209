/** *storm*: a thousand clients ask for one order at one instant. One charge, and one payment in every answer. */
import { judgeBooks, judgeStatuses } from '../judge/books.ts';
import { type BurstAnswer, burst } from '../load/burst.ts';
import { createStatusCounter, type Statuses } from '../load/counts.ts';
import { createOrders, freshKey, newRun, PAID, paymentIdOf } from '../load/requests.ts';
import { median, percentile } from '../measure/statistics.ts';
import type { Contestant } from '../stage/contestants.ts';
import { type Context, enterWithPeers, leaveAll, promising } from './context.ts';
import { judgeAllSettled } from './new.ts';

export type StormKeys = 'the same key' | 'keys of their own';

/** Medians over the rounds. */
export interface StormRow {
  readonly subject: string;
  readonly keys: StormKeys;
  /** From the instant of the burst until half of the clients, and until all, had their answer. */
  readonly halfMs: number;
  readonly lastMs: number;
  /** Of all rounds. */
  readonly statuses: Statuses;
  /** Charges, and payments named, per storm: the most of any round. */
  readonly charges: number;
  readonly payments: number;
}

/** The charge takes as long as at a real gateway, so that everybody comes while it is under way. */
export const STORM_LATENCY_MS = 100;

export async function measureStorm(context: Context): Promise<readonly StormRow[]> {
  const { plan, peers } = context;
  const faults = { latency_ms: { min: STORM_LATENCY_MS, max: STORM_LATENCY_MS } };
  const contestants = await enterWithPeers(context, promising(peers), { faults });
  const rounds: Storm[] = [];
  // The first storm hits a cold server and is not counted, but its answers are judged.
  for (let round = 0; round <= plan.storm.rounds; round += 1) {
    for (const keys of ['the same key', 'keys of their own'] as const) {
      for (const contestant of contestants) {
        const storm = await raise(context, contestant, keys);
        if (round > 0) rounds.push(storm);
      }
    }
  }
  await judgeAllSettled(context, 'storm', contestants);
  await leaveAll(context, 'storm', contestants);
  return rowsOf(rounds);
}

interface Storm {
  readonly subject: string;
  readonly keys: StormKeys;
  readonly answers: readonly BurstAnswer[];
  readonly charges: number;
  readonly payments: number;
}

async function raise(
  { stage, plan, findings }: Context,
  contestant: Contestant,
  keys: StormKeys,
): Promise<Storm> {
  const run = newRun();
  const order = createOrders(run)();
  const before = await contestant.gateway.ledger();
  const requests = Array.from({ length: plan.storm.clients }, () =>
    contestant.write(keys === 'the same key' ? order : { ...order, key: freshKey(run) }),
  );
  const answers = await burst(contestant.target, requests);
  const after = await contestant.gateway.ledger();
  const paid = answers.filter(({ status }) => PAID.includes(status));
  const payments = new Set(paid.map(({ body }) => paymentIdOf(body))).size;
  const where = `storm with ${keys}`;
  findings.add(contestant, where, judgeStatuses(statusesOf([{ answers }])));
  const uncertain = paid.length > 0 ? 0 : 1;
  findings.add(contestant, where, judgeBooks({ before, after, paid: 1 - uncertain, uncertain }));
  if (payments > 1) findings.add(contestant, where, [`the answers name ${payments} payments`]);
  const lastMs = Math.round(lastOf(answers));
  stage.say(
    `    ${contestant.name}, ${keys}: ${paid.length} of ${answers.length} paid, the last after ${lastMs} ms`,
  );
  return { subject: contestant.name, keys, answers, charges: after.charges - before.charges, payments };
}

function rowsOf(storms: readonly Storm[]): readonly StormRow[] {
  const groups = new Map<string, Storm[]>();
  for (const storm of storms) {
    const name = `${storm.subject} ${storm.keys}`;
    groups.set(name, [...(groups.get(name) ?? []), storm]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const halves = group.map(
      ({ answers }) =>
        percentile(
          answers.map(({ afterMs }) => afterMs),
          0.5,
        ) ?? 0,
    );
    return [
      {
        subject: first.subject,
        keys: first.keys,
        halfMs: median(halves) ?? 0,
        lastMs: median(group.map(({ answers }) => lastOf(answers))) ?? 0,
        statuses: statusesOf(group),
        charges: Math.max(...group.map(({ charges }) => charges)),
        payments: Math.max(...group.map(({ payments }) => payments)),
      },
    ];
  });
}

function lastOf(answers: readonly BurstAnswer[]): number {
  return Math.max(...answers.map(({ afterMs }) => afterMs));
}

function statusesOf(storms: readonly Pick<Storm, 'answers'>[]): Statuses {
  const counter = createStatusCounter();
  for (const { answers } of storms) for (const { status } of answers) counter.add(status);
  return counter.read();
}
