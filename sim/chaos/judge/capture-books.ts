/** Reads the captures and voids: from the database, because the API shows only the last of each, and from the gateway, by their keys. */
import { inParallel } from '../in-parallel.ts';
import { query } from '../processes/query.ts';
import type { EndCall } from '../proxy/witness.ts';
import { type Ending, groupBy, type LedgerCharge, type LedgerEnding, type State } from './case.ts';
import { isInDoubt } from './doubt.ts';

interface Row {
  readonly follow_up_id: string;
  readonly kind: 'capture' | 'void';
  readonly payment_id: string;
  readonly name: string;
  readonly asked_minor: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly status: string;
  readonly failure_code: string | null;
  readonly gateway_key: string;
  readonly created_at: Date;
}

interface EventRow {
  readonly follow_up_id: string;
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly detail: string | null;
  readonly at: Date;
}

const ENDS = "kind IN ('capture', 'void')";

/** The stored words in those of the API. */
const STATUS: Readonly<Record<string, string>> = {
  PROCESSING: 'PENDING',
  UNRESOLVED: 'PENDING',
  COMPLETED: 'SUCCEEDED',
};

export async function readEndings(databaseUrl: string): Promise<State['endings']> {
  const rows = await query<Row>(
    databaseUrl,
    `SELECT * FROM payonce.follow_ups WHERE ${ENDS} ORDER BY payment_id, name::integer`,
  );
  const trails = groupBy(
    await query<EventRow>(
      databaseUrl,
      `SELECT e.* FROM payonce.follow_up_events e JOIN payonce.follow_ups f USING (account_id, follow_up_id) WHERE ${ENDS} ORDER BY e.seq`,
    ),
    (event) => event.follow_up_id,
  );
  const endings = rows.map((row) => endingOf(row, trails.get(row.follow_up_id) ?? []));
  return new Map([...groupBy(endings, (one) => one.payment_id)].map(([id, own]) => [id ?? '', own]));
}

function endingOf({ kind, status, ...row }: Row, events: readonly EventRow[]): Ending {
  const { payment_id, name, currency, failure_code, gateway_key } = row;
  return {
    operation: kind,
    ...{ payment_id, name, currency, failure_code, gateway_key },
    asked: row.asked_minor === null ? null : Number(row.asked_minor),
    amount: Number(row.amount_minor),
    status: STATUS[status] ?? status,
    created_at: row.created_at.toISOString(),
    events: events.map((event) => ({
      seq: event.seq,
      type: event.type,
      status: STATUS[event.status] ?? event.status,
      attempts: event.attempts,
      detail: event.detail,
      at: event.at.toISOString(),
    })),
  };
}

/**
 * How many captures and voids have not ended, and how many authorisations are about to be looked at: their end is near, or a capture or void of
 * theirs has failed. `inDoubt`: as for `readUnsettled`.
 */
export async function readOpenEndings(databaseUrl: string, inDoubt: 'counted' | 'left out'): Promise<number> {
  const all = [...(await readEndings(databaseUrl)).values()].flat();
  const open = all.filter(
    ({ status, events }) => status === 'PENDING' && (inDoubt === 'counted' || !isInDoubt(events)),
  );
  // While one is open or in REVIEW, a look decides nothing.
  const [due] = await query<{ n: number }>(
    databaseUrl,
    `SELECT count(*)::integer AS n FROM payonce.payments p
      WHERE p.status = 'AUTHORIZED' AND p.due_at < now() + interval '1 minute' AND NOT EXISTS (
        SELECT FROM payonce.follow_ups f WHERE f.payment_id = p.payment_id AND ${ENDS} AND f.status NOT IN ('COMPLETED', 'FAILED'))`,
  );
  return open.length + (due?.n ?? 0);
}

/** Requests at the same time. */
const CONCURRENCY = 16;

/** The ledger with the captures and voids that the gateway has under every key that reached it. Only while it has no faults. */
export async function withEndings(
  gateway: string,
  ledger: readonly LedgerCharge[],
  calls: readonly EndCall[],
): Promise<LedgerCharge[]> {
  const asked = new Map(calls.map(({ operation, key }) => [`/${operation}s?idempotency_key=${key}`, key]));
  const pages = await inParallel([...asked.keys()], CONCURRENCY, async (path) => {
    const answer = await fetch(`${gateway}${path}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { readonly data: readonly LedgerEnding[] }).data;
  });
  const made = groupBy(pages.flat(), ({ charge }) => charge);
  return ledger.map((charge) => ({ ...charge, endings: made.get(charge.id) ?? [] }));
}
