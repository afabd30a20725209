/** Compares how a scenario ended with how it had to end, in sentences. */
import { type EffectKind, isExclusive } from '../../src/domain/effects.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { World } from '../world/world.ts';
import type { Played } from './play.ts';
import type { AtMost, Scenario } from './scenario.ts';

/** What the scenario came to, in the words of its expectation. */
function endingOf({ world, heard, uses }: Played) {
  const rows = [...world.database.rows()];
  const alarms = [...world.marks.counts.keys()].filter((mark) => mark.startsWith('alarm:'));
  return {
    status: rows.map(({ payment }) => payment.operation.status),
    calls: [...world.callsByKey.values()].reduce((sum, calls) => sum + calls, 0),
    lookups: uses.filter((use) => use.endsWith(' lookup')).length,
    ledger: world.gateway.ledger.map(({ status }) => status),
    refunds: statusesOf(world, (kind) => kind === 'refund'),
    ends: statusesOf(world, isExclusive),
    captureLedger: world.captures.ledger.map(({ status }) => status),
    refundLedger: world.refunds.ledger.map(({ status }) => status),
    sums: sumsOf(world),
    heard: heard.map(({ word }) => word),
    events: rows[0]?.events.map(({ type }) => type) ?? [],
    alarms: alarms.map((mark) => mark.slice('alarm:'.length)),
    failureCode: rows[0]?.payment.operation.failureCode ?? null,
  };
}

function statusesOf({ database }: World, isOf: (kind: EffectKind) => boolean): readonly PaymentStatus[] {
  return [...database.followUps()]
    .filter(({ state }) => isOf(state.operation.kind))
    .map(({ state }) => state.operation.status);
}

/** Of the first order. */
export function sumsOf({ database }: World): readonly number[] {
  const payment = [...database.rows()][0]?.payment;
  if (payment === undefined) return [];
  const [sums] = database.read('sums', payment.order.accountId, [payment.paymentId]);
  const { capturedMinor = 0, refundingMinor = 0, refundedMinor = 0, elsewhereMinor = 0 } = sums ?? {};
  return [capturedMinor, refundingMinor, refundedMinor, elsewhereMinor];
}

/** Everything that is not as expected; empty: all is. */
export function complaints(scenario: Scenario, played: Played): readonly string[] {
  const { ending } = scenario;
  const found = endingOf(played);
  const wanted = {
    ...found,
    ...ending,
    alarms: ending.alarms ?? [],
    status: [ending.status ?? found.status].flat(),
    calls: within(found.calls, ending.calls),
    lookups: within(found.lookups, ending.lookups),
  };
  const said = played.violation === null ? [] : [`the judge: ${Object.values(played.violation).join(': ')}`];
  for (const name of Object.keys(found) as (keyof typeof found)[]) {
    if (JSON.stringify(found[name]) === JSON.stringify(wanted[name])) continue;
    said.push(`${name}: ${inWords(found[name])}, not ${inWords(wanted[name])}`);
  }
  return [...said, ...unequalAnswers(played)];
}

function within(found: number, wanted: number | AtMost = found): number {
  if (typeof wanted === 'number') return wanted;
  return Math.min(found, wanted.atMost);
}

/** As JSON, with what repeats itself counted: a thousand equal answers are one line. */
function inWords(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const runs: { word: string; count: number }[] = [];
  for (const word of value.map((one) => JSON.stringify(one))) {
    const last = runs.at(-1);
    if (last?.word === word) last.count += 1;
    else runs.push({ word, count: 1 });
  }
  return `[${runs.map(({ word, count }) => (count === 1 ? word : `${count} × ${word}`)).join(', ')}]`;
}

/** One key has one answer, byte for byte, unless the database has forgotten that it was given. */
function unequalAnswers({ heard, world }: Played): readonly string[] {
  if (['database_loses_commits', 'database_restored'].some((mark) => world.marks.counts.has(mark))) return [];
  const bodies = new Map<string, string>();
  for (const { key, body } of heard) {
    if (key === null || body === null) continue;
    const first = bodies.get(key) ?? body;
    bodies.set(key, first);
    if (first !== body) return [`${key} was answered in two ways: ${first} and ${body}`];
  }
  return [];
}
