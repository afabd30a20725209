/**
 * What an authorisation that has ended at the gateway by itself writes to the payment's sums: in the statement of the fenced write, and only
 * if that applies.
 */
import type { Advance } from '../ports/store.ts';
import type { Extra } from './extras.ts';

export function sumsOfEnded({ capturedMinor, refundedElsewhereMinor = 0 }: Advance): readonly Extra[] {
  if (capturedMinor === undefined) return [];
  const sql = (next: number): string => `c AS (
  INSERT INTO payonce.payment_sums (account_id, payment_id, captured_minor, elsewhere_minor)
  SELECT account_id, payment_id, $${next}::bigint, $${next + 1}::bigint FROM p
  ON CONFLICT (account_id, payment_id) DO UPDATE
    SET captured_minor = excluded.captured_minor, elsewhere_minor = excluded.elsewhere_minor)`;
  return [{ sql, values: [capturedMinor, refundedElsewhereMinor] }];
}
