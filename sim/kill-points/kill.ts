/** One script, undisturbed once to count its uses of the ports, then with a process killed before and after each. */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { allKilled, killed } from '../scenarios/deeds.ts';
import { type Played, playScenario } from '../scenarios/play.ts';
import type { Deed, Scenario } from '../scenarios/scenario.ts';
import type { Intrusion } from '../scenarios/script.ts';
import type { KillScenario } from './scenarios.ts';

/** Who is left: the other process, which must do the work; or nobody, and all start again. */
const SURVIVORS: readonly { readonly who: string; readonly deed: Deed }[] = [
  { who: 'the other process lives on', deed: killed() },
  { who: 'all die and start again', deed: allKilled() },
];

export interface KillReport {
  readonly portUses: number;
  readonly kills: number;
  readonly failures: readonly KillFailure[];
}

export interface KillFailure {
  readonly where: string;
  readonly complaint: string;
  readonly story: readonly string[];
}

export async function killEverywhere(killScenario: KillScenario): Promise<KillReport> {
  const scenario = persistent(killScenario);
  const { status, crashed } = killScenario;
  const allowed = crashed === undefined ? [status] : [status, crashed.status];
  const plain = await playScenario(scenario, { keepStory: true });
  const failures = failuresOf('undisturbed', plain, [status]);
  const ends = new Set<PaymentStatus>();
  let kills = 0;
  for (let index = 1; index <= plain.uses.length; index += 1) {
    for (const when of ['before', 'after'] as const) {
      for (const { who, deed } of SURVIVORS) {
        kills += 1;
        const where = `killed ${when} use ${index}, ${plain.uses[index - 1]}; ${who}`;
        failures.push(...(await killAt(scenario, { index, when, deed }, where, allowed, ends)));
      }
    }
  }
  if (crashed !== undefined && !ends.has(crashed.status)) {
    const complaint = `no crash leads to ${crashed.status}, although the script allows it`;
    failures.push({ where: 'everywhere', complaint, story: [] });
  }
  return { portUses: plain.uses.length, kills, failures };
}

async function killAt(
  scenario: Scenario,
  intrusion: Intrusion,
  where: string,
  allowed: readonly PaymentStatus[],
  ends: Set<PaymentStatus>,
): Promise<readonly KillFailure[]> {
  const quick = await playScenario(scenario, { keepStory: false, intrusion });
  for (const { payment } of quick.world.database.rows()) ends.add(payment.operation.status);
  if (failuresOf(where, quick, allowed).length === 0) return [];
  // The same once more, for its story.
  return failuresOf(where, await playScenario(scenario, { keepStory: true, intrusion }), allowed);
}

/** Every client repeats its request until it gets a definite answer. */
function persistent({ status, visits, crashed: _, ...rest }: KillScenario): Scenario {
  return {
    ...rest,
    visits: visits.map((visit) => ({ ...visit, persists: true, waitMs: 2000 })),
    ending: { status, calls: 0, lookups: 0, ledger: [], heard: [] },
  };
}

/** What the judge has to say, and whether the end is one that the script allows. */
function failuresOf(where: string, played: Played, allowed: readonly PaymentStatus[]): KillFailure[] {
  const { violation, world, heard, story } = played;
  const complaints: string[] = [];
  if (violation !== null) complaints.push(`${violation.invariant}: ${violation.message}`);
  const rows = [...world.database.rows()];
  if (rows.length !== 1) complaints.push(`${rows.length} payments, not one`);
  for (const { payment } of rows) {
    const { status } = payment.operation;
    if (!allowed.includes(status)) complaints.push(`ended ${status}, not ${allowed.join(' or ')}`);
  }
  const live = world.gateway.ledger.filter(({ status }) => status === 'succeeded');
  if (live.length > 1) complaints.push(`${live.length} live charges`);
  const last = heard.at(-1);
  const told =
    last !== undefined && ANSWERS[rows[0]?.payment.operation.status ?? 'PROCESSING'].test(last.word);
  if (!told) complaints.push(`the client's last answer was ${last?.word ?? 'none'}`);
  return complaints.map((complaint) => ({ where, complaint, story }));
}

/** The class of answer that belongs to each end. */
const ANSWERS: Readonly<Record<PaymentStatus, RegExp>> = {
  COMPLETED: /^COMPLETED|^result_expired/,
  FAILED: /^card_declined|^gateway_failed/,
  REVIEW: /^202 REVIEW/,
  PROCESSING: /^never$/,
  UNRESOLVED: /^never$/,
};
