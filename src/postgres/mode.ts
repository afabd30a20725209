/** Whether the database holds real or test payments, and whether payments of other gateways are open. Read at every start. */
import { type Mode, type OpenElsewhere, StoreError } from '../ports/store.ts';
import type { Session } from './session.ts';

/** What this process knows about the mode. */
export interface FinalMode {
  /** Null: as far as this process knows, it may still change. */
  livemode: boolean | null;
}

interface ModeRow {
  readonly livemode: boolean | null;
  readonly final: boolean;
}

/** A database function, because it must look for payments after it has locked the row, not with an older snapshot. */
const CLAIM = 'SELECT livemode, final FROM payonce.claim_mode($1)';

const MODE = `
SELECT livemode, EXISTS (SELECT FROM payonce.payments) AS final FROM payonce.installation`;

/** An open payment has a timer or is in its first lease; an open follow-up has a time when it is due. LATERAL, so that payments of the list are found by their ids. */
const OPEN_ELSEWHERE = `
SELECT gateway, count(*)::int AS count FROM (
  SELECT gateway FROM payonce.payments WHERE timer_at IS NOT NULL AND gateway <> $1
  UNION ALL
  SELECT l.gateway FROM payonce.first_leases l CROSS JOIN LATERAL unnest(l.payment_ids) AS i(payment_id)
  CROSS JOIN LATERAL (
    SELECT FROM payonce.payments
    WHERE account_id = l.account_id AND payment_id = i.payment_id AND due_at IS NOT NULL AND timer_at IS NULL
    OFFSET 0) p
  WHERE l.gateway <> $1
  UNION ALL
  SELECT gateway FROM payonce.follow_ups
  WHERE due_at IS NOT NULL AND gateway <> $1 AND status NOT IN ('COMPLETED', 'FAILED')
) open GROUP BY gateway ORDER BY gateway COLLATE "C"`;

export async function claimMode(session: Session, livemode: boolean, known: FinalMode): Promise<Mode> {
  const mode = only(await session.query<ModeRow>(CLAIM, [livemode]));
  if (mode.final) known.livemode = mode.livemode;
  return mode;
}

export async function readMode(session: Session): Promise<Mode> {
  return only(await session.query<ModeRow>(MODE, []));
}

export async function openElsewhere(session: Session, gateway: string): Promise<readonly OpenElsewhere[]> {
  const rows = await session.query<{ gateway: string; count: number }>(OPEN_ELSEWHERE, [gateway]);
  return rows.map(({ gateway, count }) => ({ gateway, count }));
}

function only([row]: readonly ModeRow[]): Mode {
  if (row === undefined) throw noInstallation();
  return { livemode: row.livemode, final: row.final };
}

export function noInstallation(): StoreError {
  return new StoreError(
    'unavailable',
    'The table payonce.installation is empty, so nothing was stored or sent. Restore the whole database from its backup.',
  );
}
