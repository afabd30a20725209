/**
 * The only fenced write. Every change of a payment by a worker is this statement. It tests and changes exactly one row and raises its
 * `seq`. The event and the settled operation are written from the values that this row returns. (A condition on a joined row would not
 * be rechecked under READ COMMITTED.)
 */
import type { Advance, Advanced, Situation, SituationQuery } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { sumsOfEnded } from './captured.ts';
import { type Column, columns, millisecondsOf, numberList, readNumberList, timeFrom } from './columns.ts';
import { type Extra, withExtras } from './extras.ts';
import type { Session } from './session.ts';
import { wishesOf } from './wishes.ts';

/** The values of every fenced write, whatever it writes to. */
export const ADVANCE_COLUMNS: readonly Column<Advance>[] = [
  { name: 'account_id', type: 'text', value: (w) => w.payment.accountId },
  { name: 'order_id', type: 'text', value: (w) => w.payment.orderId },
  { name: 'payment_id', type: 'uuid', value: (w) => w.payment.paymentId },
  { name: 'expected_seq', type: 'integer', value: (w) => w.expected.seq },
  { name: 'expected_fence', type: 'integer', value: (w) => w.expected.fence },
  { name: 'expected_claim', type: 'uuid', value: (w) => w.expected.claimId },
  { name: 'must_be_due', type: 'boolean', value: (w) => w.expected.mustBeDue },
  { name: 'status', type: 'text', value: (w) => w.operation.status },
  { name: 'step', type: 'text', value: (w) => w.operation.step },
  { name: 'attempts', type: 'integer', value: (w) => w.operation.attempts },
  { name: 'doubt', type: 'text', value: (w) => w.operation.doubt.kind },
  {
    name: 'doubt_until',
    type: 'float8',
    value: (w) => (w.operation.doubt.kind === 'none' ? null : w.operation.doubt.untilMs),
  },
  { name: 'first_sent_at', type: 'float8', value: (w) => w.operation.firstSentAtMs },
  { name: 'decline_code', type: 'text', value: (w) => w.operation.declineCode },
  { name: 'lookups', type: 'integer', value: (w) => w.operation.lookups },
  { name: 'unresolved_since', type: 'float8', value: (w) => w.operation.unresolvedSinceMs },
  { name: 'failure_code', type: 'text', value: (w) => w.operation.failureCode },
  { name: 'gateway_ref', type: 'text', value: (w) => w.operation.gatewayRef },
  {
    name: 'new_claim',
    type: 'uuid',
    value: ({ lease }) => {
      if (lease.kind === 'release') return null;
      return lease.kind === 'take' ? lease.claim.claimId : lease.claimId;
    },
  },
  { name: 'takes', type: 'boolean', value: (w) => w.lease.kind === 'take' },
  {
    name: 'wait_ms',
    type: 'float8',
    value: (w) => (w.lease.kind === 'take' ? w.lease.claim.leaseMs : w.lease.waitMs),
  },
  { name: 'evidence_seen', type: 'integer', value: (w) => w.evidenceSeen },
  { name: 'updated_at', type: 'float8', value: (w) => w.updatedAtMs },
  { name: 'event_type', type: 'text', value: (w) => w.event.type },
  { name: 'event_detail', type: 'text', value: (w) => w.event.detail },
  { name: 'answer', type: 'json', value: (w) => w.settlement?.body ?? null },
  { name: 'problem', type: 'text', value: (w) => w.settlement?.problem ?? null },
  { name: 'by_absence', type: 'boolean', value: (w) => w.settlement?.byAbsence ?? false },
];
const INPUT = columns<Advance>(ADVANCE_COLUMNS);

/**
 * The first case is the domain's `checksNewsAtOnce`. Null: never. At the end of the first lease, no index is then touched.
 */
const DUE_AT = `CASE WHEN p.evidence > i.evidence_seen AND NOT i.takes AND i.status IN ('AUTHORIZED', 'COMPLETED', 'FAILED', 'VOIDED')
      AND i.event_type <> 'verify.unavailable' THEN now()
    WHEN i.wait_ms IS NOT NULL THEN now() + i.wait_ms * interval '1 ms'
    WHEN p.evidence > i.evidence_seen THEN now() END`;

/** What every fenced write changes in its row `p`. */
export const NEW_STATE = `status = i.status, step = i.step, attempts = i.attempts, doubt = i.doubt,
    doubt_until = ${timeFrom('i.doubt_until')}, first_sent_at = ${timeFrom('i.first_sent_at')},
    decline_code = i.decline_code, lookups = i.lookups, unresolved_since = ${timeFrom('i.unresolved_since')},
    failure_code = i.failure_code, gateway_ref = i.gateway_ref,
    seq = p.seq + 1, fence = p.fence + (i.new_claim IS NOT NULL)::int,
    claim_id = coalesce(i.new_claim, p.claim_id), held = i.takes,
    evidence = p.evidence - i.evidence_seen, updated_at = ${timeFrom('i.updated_at')},
    due_at = ${DUE_AT}`;

/** The fence: a condition on row `p`, without which nothing is written. */
export const AS_EXPECTED = `AND p.seq = i.expected_seq AND p.fence = i.expected_fence AND p.claim_id = i.expected_claim
    AND (NOT i.must_be_due OR p.due_at <= now())
    AND (i.problem IS NULL OR p.evidence = i.evidence_seen)`;

const TABLES = `
WITH p AS (
  UPDATE payonce.payments AS p SET
    ${NEW_STATE}, timer_at = ${DUE_AT}, absences = p.absences + i.by_absence::int
  FROM ${INPUT.relation}
  WHERE p.account_id = i.account_id AND p.order_id = i.order_id AND p.payment_id = i.payment_id
    ${AS_EXPECTED}
  RETURNING i.ord, p.account_id, p.payment_id, p.charge_n, p.seq, p.status, p.attempts, p.evidence,
    i.event_type, i.event_detail, i.answer, i.problem, i.by_absence
), o AS (
  UPDATE payonce.operations AS o
  SET settled_at = now(), outcome = p.status, problem = p.problem, answer = p.answer, by_absence = p.by_absence
  FROM p
  WHERE o.account_id = p.account_id AND o.payment_id = p.payment_id AND o.kind = 'charge' AND o.n = p.charge_n
    AND p.answer IS NOT NULL AND o.outcome IS NULL
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, detail, at)
  SELECT account_id, payment_id, seq, event_type, status, charge_n, attempts, event_detail, now() FROM p
)`;

const RESULT = `SELECT ${numberList('ord')} AS ords, ${numberList('evidence')} AS evidence, ${millisecondsOf('now()')} AS now_ms FROM p`;

/** Exported for acceptance: while this is refused, no charge is started. */
export const ADVANCE = `${TABLES}\n${RESULT}`;

/** One row for the whole batch. The two lists are in the same order; both are null if nothing was written. */
interface AdvancedRow {
  readonly ords: string | null;
  readonly evidence: string | null;
  readonly now_ms: number;
}

/** Returns the batched `Store.advance`. */
export function createAdvance(
  session: Session,
  situation: (query: SituationQuery) => Promise<Situation>,
): (write: Advance) => Promise<Advanced> {
  const write = createBatcher<Advance, Extract<Advanced, { kind: 'done' }> | null>({
    keysOf: ({ payment }) => [`${payment.accountId}:${payment.orderId}`],
    run: async (writes) => {
      const [row] = await session.query<AdvancedRow>(ADVANCE, INPUT.values(writes));
      const evidence = readNumberList(row?.evidence);
      const results = writes.map((): Extract<Advanced, { kind: 'done' }> | null => null);
      readNumberList(row?.ords).forEach((ord, index) => {
        results[ord - 1] = { kind: 'done', nowMs: row?.now_ms ?? 0, evidence: evidence[index] ?? 0 };
      });
      return results;
    },
  });
  return async (item) => {
    const extras = [...sumsOfEnded(item), ...wishesOf(item, { unitId: 'payment_id', n: 'charge_n' })];
    const done = extras.length === 0 ? await write(item) : await writeWith(session, item, extras);
    if (done !== null) return done;
    const { accountId, orderId } = item.payment;
    const { payment } = await situation({ accountId, orderId, keyHash: null });
    return { kind: 'lost', record: payment };
  };
}

/** A write that changes more than every write does. */
async function writeWith(
  session: Session,
  item: Advance,
  extras: readonly Extra[],
): Promise<Extract<Advanced, { kind: 'done' }> | null> {
  const fenced = { tables: TABLES, result: RESULT, values: INPUT.values([item]) } as const;
  const [row] = await withExtras<AdvancedRow>(session, fenced, extras);
  const [evidence] = readNumberList(row?.evidence);
  return row === undefined || evidence === undefined ? null : { kind: 'done', nowMs: row.now_ms, evidence };
}
