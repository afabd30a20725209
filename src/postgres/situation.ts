/** Reads the current state of a key and an order, batched. */
import type { BoundKey, Situation, SituationQuery } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { columns, millisecondsOf } from './columns.ts';
import {
  type AnswerRow,
  answerColumns,
  type RecordRow,
  recordColumns,
  recordTables,
  storedAnswer,
  toRecord,
} from './records.ts';
import type { Session } from './session.ts';

const INPUT = columns<SituationQuery>([
  { name: 'account', type: 'text', value: (q) => q.accountId },
  { name: 'order_name', type: 'text', value: (q) => q.orderId },
  { name: 'hash', type: 'uuid', value: (q) => q.keyHash },
]);

const RETENTION = `$${INPUT.next}::float8`;

/** A key's payment is read through the order: the fingerprint covers the order id, so they are the same. */
const SITUATION = `
SELECT i.ord, ${millisecondsOf('now()')} AS now_ms,
  r.fingerprint AS key_fingerprint, r.charge_n AS key_charge_n, r.started AS key_started,
  ${answerColumns('ko', RETENTION, 'key_')},
  found.*
FROM ${INPUT.relation}
LEFT JOIN payonce.requests r ON r.account_id = i.account AND r.key_hash = i.hash
LEFT JOIN payonce.operations ko
  ON ko.account_id = r.account_id AND ko.payment_id = r.payment_id AND ko.kind = 'charge' AND ko.n = r.charge_n
LEFT JOIN LATERAL (
  SELECT ${recordColumns(RETENTION)} FROM ${recordTables()}
  WHERE p.account_id = i.account AND p.order_id = i.order_name) found ON true`;

interface KeyColumns {
  readonly key_fingerprint: string | null;
  readonly key_charge_n: number;
  readonly key_started: boolean;
  readonly key_problem: AnswerRow['problem'];
  readonly key_answer: string | null;
  readonly key_fresh_ms: number | null;
  readonly key_settled: boolean;
}

type SituationRow = KeyColumns &
  ({ readonly payment_id: null } | RecordRow) & { readonly ord: string; readonly now_ms: number };

/** Returns the batched `Store.situation`. */
export function createSituation(
  session: Session,
  retentionMs: number,
): (query: SituationQuery) => Promise<Situation> {
  return createBatcher<SituationQuery, Situation>({
    keysOf: () => [],
    run: async (queries) => {
      const rows = await session.query<SituationRow>(SITUATION, [...INPUT.values(queries), retentionMs]);
      const situations = new Map(rows.map((row) => [Number(row.ord), toSituation(row)]));
      return queries.map((_query, index) => {
        const situation = situations.get(index + 1);
        if (situation === undefined)
          throw new Error(
            'The database returned no row for an order. Nothing was sent. Report this as a bug.',
          );
        return situation;
      });
    },
  });
}

function toSituation(row: SituationRow): Situation {
  return {
    nowMs: row.now_ms,
    key: toBoundKey(row),
    payment: row.payment_id === null ? null : toRecord(row),
  };
}

function toBoundKey(row: KeyColumns): BoundKey | null {
  if (row.key_fingerprint === null) return null;
  const answer = storedAnswer({
    problem: row.key_problem,
    answer: row.key_answer,
    fresh_ms: row.key_fresh_ms,
  });
  return {
    fingerprint: row.key_fingerprint,
    chargeN: row.key_charge_n,
    started: row.key_started,
    answer,
    expired: row.key_settled && answer === null,
  };
}
