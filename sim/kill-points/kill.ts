/** One script, undisturbed once to count its uses of the ports, then with a process killed before and after each. */
import { isExclusive } from '../../src/domain/effects.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { sumsOf } from '../scenarios/check.ts';
import { allKilled, killed } from '../scenarios/deeds.ts';
import { type Played, playScenario } from '../scenarios/play.ts';
import type { Deed, Scenario } from '../scenarios/scenario.ts';
import type { Intrusion } from '../scenarios/script.ts';
import type { World } from '../world/world.ts';
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
  const failures = failuresOf(killScenario, 'undisturbed', plain, [status]);
  const ends = new Set<PaymentStatus>();
  let kills = 0;
  for (let index = 1; index <= plain.uses.length; index += 1) {
    for (const when of ['before', 'after'] as const) {
      for (const { who, deed } of SURVIVORS) {
        kills += 1;
        const where = `killed ${when} use ${index}, ${plain.uses[index - 1]}; ${who}`;
        failures.push(...(await killAt(killScenario, { index, when, deed }, where, allowed, ends)));
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
  killScenario: KillScenario,
  intrusion: Intrusion,
  where: string,
  allowed: readonly PaymentStatus[],
  ends: Set<PaymentStatus>,
): Promise<readonly KillFailure[]> {
  const scenario = persistent(killScenario);
  const quick = await playScenario(scenario, { keepStory: false, intrusion });
  for (const { payment } of quick.world.database.rows()) ends.add(payment.operation.status);
  if (failuresOf(killScenario, where, quick, allowed).length === 0) return [];
  // The same once more, for its story.
  return failuresOf(
    killScenario,
    where,
    await playScenario(scenario, { keepStory: true, intrusion }),
    allowed,
  );
}

/** Every client repeats its request until it gets a definite answer. */
function persistent({ status, visits, crashed: _, refunds: __, ends: ___, ...rest }: KillScenario): Scenario {
  return {
    ...rest,
    visits: visits.map((visit) => ({ ...visit, persists: true, waitMs: 2000 })),
    ending: { status, calls: 0, lookups: 0, ledger: [], heard: [] },
  };
}

/** What the judge has to say, and whether the end is one that the script allows. */
function failuresOf(
  { refunds, ends }: KillScenario,
  where: string,
  played: Played,
  allowed: readonly PaymentStatus[],
): KillFailure[] {
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
  const right = refunds?.told ?? ends?.told ?? ANSWERS[rows[0]?.payment.operation.status ?? 'PROCESSING'];
  const told = last !== undefined && right.test(last.word);
  if (refunds !== undefined) complaints.push(...complaintsOfRefunds(refunds.ends, world));
  if (ends !== undefined) complaints.push(...complaintsOfEnds(ends.ends, world));
  if (!told) complaints.push(`the client's last answer was ${last?.word ?? 'none'}`);
  return complaints.map((complaint) => ({ where, complaint, story }));
}

/** How the refunds ended, against the ledger and the sums. */
function complaintsOfRefunds(ends: readonly PaymentStatus[], world: World): readonly string[] {
  const complaints: string[] = [];
  const stored = [...world.database.followUps()]
    .map(({ state }) => state)
    .filter(({ operation }) => operation.kind === 'refund');
  const found = stored.map(({ operation }) => operation.status);
  if (found.join() !== ends.join()) complaints.push(`the refunds ended ${found.join()}, not ${ends.join()}`);
  for (const { gatewayKey } of stored) {
    const live = world.refunds.ledger.filter(
      ({ key, status }) => key === gatewayKey && status === 'succeeded',
    );
    if (live.length > 1) complaints.push(`${live.length} live refunds under one key`);
  }
  const refunded = sum(
    stored.filter(({ operation }) => operation.status === 'COMPLETED').map(({ order }) => order),
  );
  const atGateway = sum(world.refunds.ledger.filter(({ status }) => status === 'succeeded'));
  const sums = sumsOf(world).join('/');
  const [captured] = world.gateway.ledger.map(({ hold, amountMinor }) => hold?.capturedMinor ?? amountMinor);
  const right = `${captured}/0/${refunded}/0`;
  if (sums !== right) complaints.push(`the sums are ${sums}, not ${right}`);
  if (refunded !== atGateway)
    complaints.push(`${refunded} count as refunded, and the gateway has ${atGateway}`);
  return complaints;
}

/** How captures and voids ended. What they did to the money the judge has compared with the ledger. */
function complaintsOfEnds(ends: readonly PaymentStatus[], world: World): readonly string[] {
  const found = [...world.database.followUps()]
    .map(({ state }) => state.operation)
    .filter(({ kind }) => isExclusive(kind))
    .map(({ status }) => status);
  return found.join() === ends.join() ? [] : [`captures and voids ended ${found.join()}, not ${ends.join()}`];
}

function sum(amounts: readonly { readonly amountMinor: number }[]): number {
  return amounts.reduce((total, { amountMinor }) => total + amountMinor, 0);
}

/** The class of answer that belongs to each end. */
const ANSWERS: Readonly<Record<PaymentStatus, RegExp>> = {
  COMPLETED: /^COMPLETED|^result_expired/,
  FAILED: /^card_declined|^gateway_failed/,
  REVIEW: /^202 REVIEW/,
  PROCESSING: /^never$/,
  UNRESOLVED: /^never$/,
  AUTHORIZED: /^never$/,
  // Nobody captured it, and its time was over.
  VOIDED: /^AUTHORIZED|^VOIDED|^result_expired/,
};
