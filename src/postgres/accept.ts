/**
 * Acceptance: writes the key, the payment, the operation and the first event in one statement, for many orders at a time.
 *
 * Orders and keys that exist are left out. They are not read here: one statement sees one snapshot, and could miss what another
 * transaction just committed. If another transaction inserts the same order or key at the same time, the tables' keys refuse the whole
 * statement. It is repeated, and then sees the other's rows. So a request whose key is taken leaves no row, and no key is ever bound to
 * nothing.
 *
 * The same statement reads the installation. A name that is derived from another installation must not be stored: the order may have
 * been charged under its right name.
 *
 * (`ON CONFLICT DO NOTHING` would avoid that rare repetition, but it would check every unique index twice for each row of each table.)
 *
 * Two statements with the same orders and keys insert them in the same order, so that they cannot deadlock: first all keys, sorted, then
 * all payments, sorted. (Without a dependency between the two, PostgreSQL would run the last one first. So the payments
 * wait for the count of the keys, in a sub-select: that runs once, and a joined one would run for each row.)
 *
 * Real and test payments never share a database. While there is no payment, a process of the other mode may take the database over. So
 * the first acceptance locks the row with the mode, and inserts only if the mode is its own. After that the mode is final, and is not
 * read again.
 */
import type { Accepted, Intent } from '../ports/store.ts';
import { ADVANCE } from './advance.ts';
import { createBatcher } from './batcher.ts';
import { type Column, type Columns, columns, millisecondsOf, numberList, readNumberList } from './columns.ts';
import { type FinalMode, noInstallation } from './mode.ts';
import type { Session } from './session.ts';

const COLUMNS: readonly Column<Intent>[] = [
  { name: 'account_id', type: 'text', value: (i) => i.order.accountId },
  { name: 'order_id', type: 'text', value: (i) => i.order.orderId },
  { name: 'payment_id', type: 'uuid', value: (i) => i.paymentId },
  { name: 'amount_minor', type: 'bigint', value: (i) => i.order.amountMinor },
  { name: 'currency', type: 'text', value: (i) => i.order.currency },
  { name: 'method', type: 'text', value: (i) => i.order.method ?? null },
  { name: 'metadata', type: 'jsonb', value: (i) => JSON.stringify(i.order.metadata) },
  { name: 'gateway', type: 'text', value: (i) => i.gateway },
  { name: 'installation_id', type: 'uuid', value: (i) => i.installationId },
  { name: 'gateway_key', type: 'uuid', value: (i) => i.chargeKey },
  { name: 'key_hash', type: 'uuid', value: (i) => i.key?.hash ?? null },
  { name: 'fingerprint', type: 'text', value: (i) => i.key?.fingerprint ?? null },
  { name: 'claim_id', type: 'uuid', value: (i) => i.claimId },
  { name: 'give_up_after_s', type: 'integer', value: (i) => i.giveUpAfterS },
  { name: 'calling', type: 'boolean', value: (i) => i.start.kind === 'claimed' },
  {
    name: 'due_ms',
    type: 'float8',
    value: (i) => (i.start.kind === 'claimed' ? i.start.leaseMs : i.start.waitMs),
  },
];
const LIVEMODE: Column<Intent> = { name: 'livemode', type: 'boolean', value: (i) => i.livemode };

const DUE_AT = `now() + due_ms * interval '1 ms'`;

/** `more`: a column of operations that only charges with manual capture have, with the comma before it. */
const accept = (fresh: string, more: string): string => `
WITH here AS MATERIALIZED (
  SELECT installation_id FROM payonce.installation
), ${fresh}
  AND (i.installation_id IS NULL OR i.installation_id = (SELECT installation_id FROM here))
  AND NOT EXISTS (
    SELECT FROM payonce.payments p WHERE p.account_id = i.account_id AND p.order_id = i.order_id)
  AND NOT EXISTS (
    SELECT FROM payonce.requests r WHERE r.account_id = i.account_id AND r.key_hash = i.key_hash)
), k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  SELECT account_id, key_hash, fingerprint, payment_id, 1, true FROM fresh WHERE key_hash IS NOT NULL
  ORDER BY account_id, key_hash
  RETURNING 1
), p AS (
  INSERT INTO payonce.payments (
    account_id, order_id, payment_id, amount_minor, currency, metadata, gateway, charge_n, status, step,
    attempts, doubt, first_sent_at, lookups, absences, seq, fence, claim_id, held, due_at, timer_at, evidence,
    created_at, updated_at)
  SELECT account_id, order_id, payment_id, amount_minor, currency, metadata, gateway, 1, 'PROCESSING', 'call',
    calling::int, 'none', CASE WHEN calling THEN now() END, 0, 0, 1, 1, claim_id, calling,
    ${DUE_AT}, CASE WHEN NOT calling THEN ${DUE_AT} END, 0, now(), now()
  FROM fresh WHERE (SELECT count(*) FROM k) >= 0 ORDER BY account_id, order_id
), o AS (
  INSERT INTO payonce.operations (
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at, give_up_after_s${more})
  SELECT account_id, payment_id, 'charge', 1, gateway_key, amount_minor, currency, method, now(), give_up_after_s${more}
  FROM fresh
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
  SELECT account_id, payment_id, 1, 'payment.created', 'PROCESSING', 1, calling::int, now() FROM fresh
), l AS (
  INSERT INTO payonce.first_leases (account_id, payment_id, gateway, ends_at, payment_ids)
  SELECT account_id, (array_agg(payment_id))[1], gateway, ${DUE_AT}, array_agg(payment_id)
  FROM fresh WHERE calling GROUP BY account_id, gateway, due_ms
)
SELECT (SELECT ${numberList('ord')} FROM fresh) AS accepted, ${millisecondsOf('now()')} AS now_ms,
  (SELECT installation_id::text FROM here) AS installation_id`;

interface Statements {
  /** For a mode that is final and known to be the intents'. */
  readonly plain: Columns<Intent>;
  readonly accept: string;
  /** The update locks the row against `claim_mode`. If that was first, the update waits and then reads the claimed mode. `fresh` reads the
   * mode first, so nothing is inserted before the row is locked. */
  readonly guarded: Columns<Intent>;
  readonly acceptInOurMode: string;
}

function statementsFor(list: readonly Column<Intent>[], more: string): Statements {
  const plain = columns<Intent>(list);
  const guarded = columns<Intent>([...list, LIVEMODE]);
  return {
    plain,
    accept: accept(
      `fresh AS MATERIALIZED (
  SELECT i.* FROM ${plain.relation}
  WHERE true`,
      more,
    ),
    guarded,
    acceptInOurMode: `${accept(
      `mode AS (
  UPDATE payonce.installation SET livemode = coalesce(livemode, $${guarded.next}) RETURNING livemode
), fresh AS MATERIALIZED (
  SELECT i.* FROM mode CROSS JOIN ${guarded.relation}
  WHERE i.livemode = mode.livemode`,
      more,
    )}, (SELECT livemode FROM mode) AS livemode`,
  };
}

const AUTOMATIC = statementsFor(COLUMNS, '');
/** Apart from the others, so that those pay nothing for it. */
const MANUAL = statementsFor(
  [...COLUMNS, { name: 'capture_method', type: 'text', value: (i) => i.order.captureMethod ?? null }],
  ', capture_method',
);

interface AcceptedRow {
  /** Null: none. */
  readonly accepted: string | null;
  readonly now_ms: number;
  /** Only in the answer of `acceptInOurMode`. */
  readonly livemode?: boolean | null;
  /** Null: the table payonce.installation is empty. */
  readonly installation_id: string | null;
}

/** Returns the batched `Store.accept`. */
export function createAccept(session: Session, mode: FinalMode): (intent: Intent) => Promise<Accepted> {
  const automatic = acceptBy(AUTOMATIC, session, mode);
  const manual = acceptBy(MANUAL, session, mode);
  return (intent) => (intent.order.captureMethod === undefined ? automatic(intent) : manual(intent));
}

function acceptBy(
  statements: Statements,
  session: Session,
  mode: FinalMode,
): (intent: Intent) => Promise<Accepted> {
  const { plain, guarded } = statements;

  async function acceptInOurMode(intents: readonly Intent[], first: Intent): Promise<AcceptedRow> {
    const values = [...guarded.values(intents), first.livemode];
    const [row] = await session.query<AcceptedRow>(statements.acceptInOurMode, values);
    const livemode = row?.livemode ?? null;
    if (row === undefined || livemode === null) throw noInstallation();
    // The order was accepted, or exists. So there is a payment, and the mode is final.
    if (intents.some((intent) => intent.livemode === livemode)) mode.livemode = livemode;
    return row;
  }

  return createBatcher<Intent, Accepted>({
    keysOf: (intent) => {
      const { accountId, orderId } = intent.order;
      const order = `o:${accountId}:${orderId}`;
      return intent.key === null ? [order] : [order, `k:${accountId}:${intent.key.hash}`];
    },
    run: async (intents) => {
      // The outcome of a call could not be stored, so no charge is started.
      const refused = session.refusalOf(ADVANCE);
      if (refused !== null) throw refused;
      const stranger = intents.find((intent) => intent.livemode !== mode.livemode);
      const row =
        stranger === undefined
          ? (await session.query<AcceptedRow>(statements.accept, plain.values(intents)))[0]
          : await acceptInOurMode(intents, stranger);
      const accepted = readNumberList(row?.accepted);
      session.wrote(accepted.length);
      const here = row?.installation_id ?? null;
      const results = intents.map(({ livemode, installationId: wanted }): Accepted => {
        if (stranger !== undefined && livemode !== row?.livemode) return { kind: 'mode_lost' };
        return { kind: wanted === null || wanted === here ? 'exists' : 'other_installation' };
      });
      for (const ord of accepted) results[ord - 1] = { kind: 'accepted', nowMs: row?.now_ms ?? 0 };
      return results;
    },
  });
}
