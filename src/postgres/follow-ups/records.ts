/** Turns rows of follow-ups into the engine's types. A follow-up's row holds what a payment's and its operation's row hold together. */
import type { FollowUpKind } from '../../domain/effects.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import { type RecordRow, recordColumns, toRecord } from '../records.ts';
import { safeInteger } from '../types.ts';

/** The follow-ups of `source` as relation `f`, with the columns that `followUpColumns` reads. They are of one try, without a payment method and a capture method. */
export function followUpsOf(source = 'payonce.follow_ups'): string {
  return `(SELECT source.*, 1 AS charge_n, source.by_absence::int AS absences, NULL::text AS method, NULL::integer AS give_up_after_s,
    NULL::text AS capture_method, NULL::float8 AS opened_wall_ms,
    source.created_at AS opened_at FROM ${source} source) f`;
}

/** Everything of follow-up `f`; `retention`: the answers' retention as SQL. */
export function followUpColumns(retention: string): string {
  return `${recordColumns(retention, 'f', 'f')},
    f.follow_up_id, f.kind, f.name, f.key_hash, f.charge_ref, f.asked_minor, f.reason, f.settled_minor`;
}

/** What `followUpColumns` adds to the columns of a payment, for a payment among follow-ups. */
export const NO_FOLLOW_UP = `NULL::uuid AS follow_up_id, NULL AS kind, NULL AS name, NULL::uuid AS key_hash,
    NULL AS charge_ref, NULL::bigint AS asked_minor, NULL AS reason, NULL::bigint AS settled_minor`;

export interface FollowUpRow extends RecordRow {
  readonly follow_up_id: string;
  readonly kind: FollowUpKind;
  readonly name: string;
  readonly key_hash: string | null;
  readonly charge_ref: string;
  /** As text, because a JavaScript number may round it. */
  readonly asked_minor: string | null;
  readonly reason: string | null;
  /** As text, too. */
  readonly settled_minor: string | null;
}

export function toFollowUp(row: FollowUpRow): FollowUpRecord {
  const record = toRecord(row);
  return {
    ...record,
    operation: { ...record.operation, kind: row.kind },
    followUp: {
      id: row.follow_up_id,
      name: row.name,
      keyHash: row.key_hash,
      chargeRef: row.charge_ref,
      askedMinor: row.asked_minor === null ? null : safeInteger(row.asked_minor),
      reason: row.reason,
    },
    settledMinor: row.settled_minor === null ? null : safeInteger(row.settled_minor),
  };
}
