import type { Findings } from '../judge/findings.ts';
import type { Plan } from '../plan.ts';
import { type Contestant, type EntryOptions, enter } from '../stage/contestants.ts';
import type { Stage } from '../stage/stage.ts';
import { PAYONCE, type Peer } from '../stage/subjects.ts';

/** What every workload is given. */
export interface Context {
  readonly stage: Stage;
  readonly plan: Plan;
  readonly findings: Findings;
  /** Those that can be started. */
  readonly peers: readonly Peer[];
}

/** Payonce and these peers, started at the same time. A peer that does not start is left out, and the report says so. */
export async function enterWithPeers(
  { stage, findings }: Context,
  peers: readonly Peer[],
  options: EntryOptions = {},
): Promise<readonly Contestant[]> {
  const [ours, ...others] = await Promise.allSettled(
    [PAYONCE, ...peers].map((program) => enter(stage, program as Contestant['program'], options)),
  );
  if (ours?.status !== 'fulfilled') throw ours?.reason;
  const started = others.flatMap((other, index) => {
    if (other.status === 'fulfilled') return [other.value];
    findings.note(`${peers[index]} did not start and was left out of a workload: ${firstLine(other.reason)}`);
    return [];
  });
  // The base of all ratios first: a round begins with it.
  return [...started, ours.value].sort(
    (a, b) => Number(b.program === 'proxy') - Number(a.program === 'proxy'),
  );
}

/** Ends them all. A server that has ended by itself was not measured to the end, and the report says so. */
export async function leaveAll(
  { findings }: Context,
  workload: string,
  contestants: readonly Contestant[],
): Promise<void> {
  for (const contestant of contestants) {
    const ended = contestant.server.ended();
    if (ended !== null) findings.add(contestant, workload, [`its server ended by itself (${ended})`]);
  }
  await Promise.all(contestants.map((each) => each.leave()));
}

/** Those that promise to charge an order once; the bare proxy does not. */
export function promising(peers: readonly Peer[]): readonly Peer[] {
  return peers.filter((peer) => peer !== 'proxy');
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
