/** Taking the payment, or the refund, up when it is due. */
import { isSettled } from '../../src/domain/operation.ts';
import type { Decision } from '../../src/domain/transition/index.ts';
import { isOverUnseen, release, take } from './database.ts';
import { EXPLORED } from './effects.ts';
import { decisionsOf } from './finish.ts';
import {
  has,
  isWished,
  NO_FAULTS,
  OTHER,
  type Row,
  type Stage,
  type State,
  type Step,
  type VerifyItem,
  type World,
} from './model.ts';

/** Everything that an idle worker's claim may become. */
export function claims(state: State, who: 0 | 1, world: World): Step[] {
  const { row } = state;
  if (row.due === null || row.due > 0) return [];
  // Two idle workers are alike.
  if (who === 1 && state.workers[0].stage.at === 'idle') return [];
  const expiredAtMs = row.held ? row.due : null;
  // Evidence changes no `seq`, so what was read may be older than some of it.
  const read = row.evidence > 0 ? [row.evidence, 0] : [0];
  return read.flatMap((evidence) =>
    decisionsOf(world, (context) =>
      world.decisions.onClaim(row.operation, { expiredAtMs, evidence, wished: isWished(row) }, context),
    ).flatMap((decision): Step[] => {
      const { action, event } = decision;
      // A decision that the evidence refuses is made again with the evidence, which is another of these steps.
      if (isOverUnseen(state, world, decision, evidence)) return [];
      const what = `claims the payment${row.held ? ' after an expired lease' : ''}: ${event.type}`;
      const mark = `claim ${action}`;
      const next =
        action === 'none'
          ? release(state, who, world, { decision, evidenceSeen: evidence })
          : take(state, who, world, {
              operation: decision.next,
              stage: stageOf(action, state, world, decision),
              evidence,
            });
      return [{ who, what, faults: NO_FAULTS, next, decision, mark }];
    }),
  );
}

function stageOf(
  action: 'call' | 'lookup' | 'verify',
  { row, others }: State,
  world: World,
  { next }: Decision,
): Stage {
  if (action === 'call') return { at: 'claimed' };
  if (action === 'lookup') return { at: 'asking' };
  if (!EXPLORED[world.kind].watched) return { at: 'verifying', left: toVerify(row, next.n) };
  if (isSettled(next.status)) return { at: 'watching' };
  // Before it is sent, the payment's refunds that count as failed are looked up.
  const isSent = next.step !== 'verify' || !world.policy.contract.lookup;
  const left = !isSent && others?.released === true ? [{ n: OTHER, own: false }] : [];
  return { at: 'verifying', left };
}

/** A completed charge is looked up for a second charge; then every charge that failed without a decline, or has evidence. */
export function toVerify(row: Row, n: number): readonly VerifyItem[] {
  const { status } = row.operation;
  const inQuestion = row.absent | (row.named[0] === null ? 0 : 1) | (row.named[1] === null ? 0 : 2);
  const items: VerifyItem[] = [];
  if (status === 'COMPLETED') items.push({ n, own: true });
  if (n > 1 && has(inQuestion, 1)) items.push({ n: 1, own: false });
  if (status === 'FAILED' && has(inQuestion, n)) items.push({ n, own: false });
  return items;
}
