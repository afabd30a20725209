/** How a worker's step ends: what it decided is written, the lease is given back, and the record waits again or is left. */
import {
  type CallEnd,
  type Context,
  checksNewsAtOnce,
  type Decision,
  endingInTime,
  isDecline,
  mayBeForgotten,
  onAhead,
  onUnseen,
  stillWished,
} from '../../domain/transition/index.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import { policyOf, roomOf } from '../context.ts';
import { keepEvidence, mayHaveSent, tellsOfMoney } from '../evidence.ts';
import { databaseNowMs, type Held, usableMs } from '../lease.ts';
import { createChangeLog } from '../log-change.ts';
import { type WriteOptions, type Written, write } from '../write.ts';
import { contextOf, type Parts } from './parts.ts';
import type { Waits } from './waits.ts';

/** What a write that gives the lease back says beside the decision. */
type End = Required<Pick<WriteOptions, 'nowMs' | 'evidenceSeen' | 'elsewhere' | 'wish'>>;
/** What was learnt beside the decision. */
type Seen = Pick<End, 'evidenceSeen' | 'elsewhere' | 'wish'>;

export interface Finishing {
  /**
   * Writes the decision and gives the lease back. `outcome`: of the call that led to it; null if there was none. If nothing can be written,
   * proof of money is kept as evidence.
   */
  finish(held: Held, decided: Decision, nowMs: number, outcome: CallEnd | null, seen?: Seen): Promise<void>;
  /** Tells what a write has changed, and continues when its decision says. */
  afterWrite(before: PaymentRecord, record: PaymentRecord, decision: Decision): void;
}

const NOTHING_SEEN: Seen = { evidenceSeen: 0, elsewhere: null, wish: null };

export function createFinishing({
  engine,
  onChange,
  forget,
  resumeIn,
}: Parts & Pick<Waits, 'resumeIn'>): Finishing {
  const logChange = createChangeLog(engine);

  function context(nowMs: number, record: PaymentRecord): Context {
    return contextOf(engine, nowMs, record);
  }

  async function finish(
    held: Held,
    decided: Decision,
    nowMs: number,
    outcome: CallEnd | null,
    { evidenceSeen, elsewhere: seen, wish }: Seen = NOTHING_SEEN,
  ): Promise<void> {
    const proved = mustAskAhead(held, decided) ? await withoutForgotten(held, decided) : decided;
    // A wish that the look ahead has overtaken stays open.
    const isOvertaken = wish !== null && proved !== decided;
    const timely = isOvertaken ? stillWished(proved, context(nowMs, held.record)) : proved;
    let decision = endingInTime(timely, context(nowMs, held.record));
    const elsewhere = isDecline(decision) ? await roomOf(engine, held.record).elsewhere(engine, held) : seen;
    const ended = isOvertaken ? null : wish;
    let written = await end(held, decision, { nowMs, evidenceSeen, elsewhere, wish: ended });
    if (written.kind === 'unseen') {
      decision = onUnseen(held.record.operation, decision, context(nowMs, held.record));
      written = await end(held, decision, { nowMs, evidenceSeen: 0, elsewhere, wish: null });
    }
    if (written.kind === 'done') return afterWrite(held.record, written.record, decision);
    forget(held.record);
    if (outcome === null) return;
    // A worker that takes the payment over assumes that we may have sent until the end of our lease, but not later. If
    // all clocks of this machine stood still, we may have sent after it.
    const isNews = tellsOfMoney(outcome) || mayHaveSent(engine, held.record, outcome);
    if (isNews) await keepEvidence(engine, held.record, outcome);
  }

  function end(
    held: Held,
    decision: Decision,
    { nowMs, evidenceSeen, elsewhere, wish }: End,
  ): Promise<Written> {
    return write(engine, {
      record: held.record,
      decision,
      lease: { kind: 'release', waitMs: decision.waitMs },
      mustBeDue: false,
      evidenceSeen,
      elsewhere,
      wish,
      nowMs,
      tryForMs: usableMs(engine, held),
    });
  }

  /**
   * After a restore, the database may have forgotten later charges. They are looked up before the payment is reported
   * as failed.
   */
  function mustAskAhead({ record, grantedAtMs }: Held, { settled }: Decision): boolean {
    const fails = settled !== undefined && settled.problem !== null;
    const { contract } = policyOf(engine, record);
    return fails && contract.lookup && mayBeForgotten(record.operation, context(grantedAtMs, record));
  }

  async function withoutForgotten(held: Held, decision: Decision): Promise<Decision> {
    return onAhead(
      held.record.operation,
      decision,
      await roomOf(engine, held.record).lookAhead(engine, held),
      context(databaseNowMs(engine, held), held.record),
    );
  }

  function afterWrite(before: PaymentRecord, record: PaymentRecord, decision: Decision): void {
    logChange(before, record, decision);
    engine.unanswered.noted(record, decision.event.type);
    onChange(record);
    const isNews = decision.waitMs === null || checksNewsAtOnce(decision);
    if (record.evidence > 0 && isNews) resumeIn(record, 0);
    else if (decision.waitMs !== null) resumeIn(record, decision.waitMs);
    else forget(record);
  }

  return { finish, afterWrite };
}
