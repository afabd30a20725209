/** Whether the database holds real or test payments, and which payments are open at which gateway. Read at every start. */
import {
  type AddressChange,
  type GatewayAddress,
  type Mode,
  type OpenElsewhere,
  StoreError,
} from '../ports/store.ts';
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
const open = (isWanted: '= $1' | '<> $1'): string => `
  SELECT gateway FROM payonce.payments WHERE timer_at IS NOT NULL AND gateway ${isWanted}
  UNION ALL
  SELECT l.gateway FROM payonce.first_leases l CROSS JOIN LATERAL unnest(l.payment_ids) AS i(payment_id)
  CROSS JOIN LATERAL (
    SELECT FROM payonce.payments
    WHERE account_id = l.account_id AND payment_id = i.payment_id AND due_at IS NOT NULL AND timer_at IS NULL
    OFFSET 0) p
  WHERE l.gateway ${isWanted}
  UNION ALL
  SELECT gateway FROM payonce.follow_ups
  WHERE due_at IS NOT NULL AND gateway ${isWanted} AND status NOT IN ('COMPLETED', 'FAILED')`;

const OPEN_ELSEWHERE = `
SELECT gateway, count(*)::int AS count FROM (${open('<> $1')}
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

const ADDRESS = `
SELECT (SELECT address FROM payonce.gateway_addresses WHERE gateway = $1) AS address, count(*)::int AS open FROM (${open('= $1')}
) open`;

export async function gatewayAddress(session: Session, gateway: string): Promise<GatewayAddress> {
  const [row] = await session.query<GatewayAddress>(ADDRESS, [gateway]);
  if (row === undefined) throw new Error('The database returned no row for a count.');
  return { address: row.address, open: row.open };
}

/** The condition is checked under the row's lock: of two that change the same address, one is lost. */
const KEEP_ADDRESS = `
INSERT INTO payonce.gateway_addresses AS a (gateway, address) VALUES ($1, $2)
ON CONFLICT (gateway) DO UPDATE SET address = excluded.address WHERE a.address = $3
RETURNING true`;

export async function keepGatewayAddress(
  session: Session,
  { gateway, from, to }: AddressChange,
): Promise<'kept' | 'lost'> {
  const rows = await session.query<object>(KEEP_ADDRESS, [gateway, to, from]);
  return rows.length === 0 ? 'lost' : 'kept';
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
