/**
 * What counts as proof that nothing was charged, in true time. The writer must have looked the charge up itself. The lookup must have
 * begun after the last moment at which a call could still charge without being visible. Without this proof, the write is a violation
 * even if nothing was charged.
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { Change } from '../store/database.ts';
import type { CommitJudgeParts } from './commits.ts';
import { claimantOf, doubtful, type Exchange, type Sent } from './wire.ts';
import { isSilent } from './wishes.ts';

export function judgeProof(parts: CommitJudgeParts, change: Change, nowMs: number): void {
  const { book, plan, violated } = parts;
  const { before, after, rowAfter, event, orderId, kind } = change;
  if (kind !== 'advance' || before === null || event === null) return;
  const fails = after.operation.status === 'FAILED' && before.operation.status !== 'FAILED';
  if (!fails && event.type !== 'lookup.absent') return;
  const key = rowAfter.operations.at(-1)?.gatewayKey ?? '';
  const { wire } = book;
  const wasMade = before.operation.status === 'COMPLETED';
  const sent = wasMade ? besidesMade(doubtful(wire, key)) : doubtful(wire, key);
  wire.clearedMs.set(key, nowMs);
  // Nothing proves it but the word of a person.
  const isWord = event.type === 'operator.settled' && isSilent(parts, change);
  const excused = isWord || book.amnesia || book.blindSends.has(key) || book.late.has(key);
  if (sent.length === 0 || excused) return;
  const { contract } = plan.policy;
  const writer = claimantOf(wire, before.claimId)?.name;
  const asked = (wire.exchanges.get(key) ?? []).filter(
    ({ kind: is, sender }) => is === 'lookup' && sender === writer,
  );
  if (contract.steps === 'two' && after.operation.kind === 'charge') {
    if (!asked.some(({ heard }) => heard?.kind === 'sealed'))
      violated('6 proof', `${orderId}: ${event.type} (${event.detail ?? ''}), and nobody has seen the seal`);
    return;
  }
  // If the gateway keeps keys, a key has only one result.
  if (contract.keys === 'kept' && asked.some(({ heard }) => heard !== null && RESULTS.has(heard.kind)))
    return;
  const provableMs = Math.max(...sent.map((one) => provableAfterMs(one, contract)));
  const proves = (one: Exchange): boolean =>
    one.heard !== null && NOTHING_LIVE.has(one.heard.kind) && one.beganMs >= provableMs;
  if (!asked.some(proves))
    violated(
      '6 proof',
      `${orderId}: ${event.type} (${event.detail ?? ''}), and nobody has asked when it would have been proof, from ${provableMs} on`,
    );
}

/** Without the calls whose effect is what has failed since: the approved ones. If a lookup showed it, that was one of those in doubt. */
function besidesMade(sent: readonly Sent[]): readonly Sent[] {
  const others = sent.filter(({ heard }) => heard?.kind !== 'approved');
  return others.length < sent.length ? others : others.slice(1);
}

const RESULTS: ReadonlySet<string> = new Set(['declined', 'reversed']);
const NOTHING_LIVE: ReadonlySet<string> = new Set(['absent', 'declined', 'reversed']);

/** The first moment at which "not found" is proof. */
function provableAfterMs({ untilMs, heard }: Sent, { landsWithinMs, lookupLagMs }: GatewayContract): number {
  const isAnswered = heard?.kind === 'mismatch' || (heard?.kind === 'unknown' && heard.answered);
  if (!isAnswered) return untilMs + landsWithinMs + lookupLagMs + 1;
  return lookupLagMs === 0 ? untilMs : untilMs + lookupLagMs + 1;
}
