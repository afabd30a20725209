/**
 * *old*: new orders in a database that holds ten million payments already, against an empty one. Two databases of one
 * PostgreSQL and two servers, in turn.
 */
import { existsSync, statfsSync } from 'node:fs';
import { FILL_SETTINGS, fill } from '../fill/fill.ts';
import { judgeSettled, settle } from '../judge/settled.ts';
import { sendBatch } from '../load/batch.ts';
import { createOrders, newRun } from '../load/requests.ts';
import type { Window } from '../measure/rounds.ts';
import { type Contestant, enter } from '../stage/contestants.ts';
import type { Stage } from '../stage/stage.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { type Context, leaveAll } from './context.ts';
import { measureNewOrders } from './new.ts';

export const EMPTY = 'payonce, empty';
export const OLD = 'payonce, old';

export interface OldResult {
  readonly rows: number;
  readonly gigabytes: number;
  readonly fillSeconds: number;
  readonly windows: readonly Window[];
}

const OLD_DATABASE = 'bench_payonce_filled';
/** Payments of the service itself, which are multiplied. */
const TEMPLATES = 500;
const CONNECTIONS = 32;
/** Data, indexes and the log of the filling. */
const BYTES_PER_PAYMENT = 3500;
const SPARE_BYTES = 4 * 2 ** 30;

export async function measureOld(context: Context): Promise<OldResult> {
  const { stage, plan, findings } = context;
  const { rows } = plan.old;
  assertRoom(stage.folder, rows);
  const startedMs = performance.now();
  await fillDatabase(context, rows);
  const fillSeconds = Math.round((performance.now() - startedMs) / 1000);
  const empty = await enter(stage, PAYONCE, { name: EMPTY });
  const old = await enter(stage, PAYONCE, { name: OLD, databaseUrl: stage.database.urlOf(OLD_DATABASE) });
  await assertReadable(old);
  const contestants = [empty, old];
  const windows = await measureNewOrders(context, 'old', { contestants, ...plan.old });
  findings.add(empty, 'old, at the end', await judgeSettled(stage, empty));
  findings.add(old, 'old, at the end', await judgeSettled(stage, old, rows + TEMPLATES));
  const gigabytes = await sizeOf(context, old);
  await leaveAll(context, 'old', contestants);
  return { rows, gigabytes, fillSeconds, windows };
}

async function fillDatabase({ stage }: Context, rows: number): Promise<void> {
  await stage.database.restart(FILL_SETTINGS);
  try {
    await fillNewDatabase(stage, rows);
  } finally {
    // With nothing in its caches, and with its usual settings again.
    await stage.database.restart();
  }
}

async function fillNewDatabase(stage: Stage, rows: number): Promise<void> {
  const databaseUrl = await stage.database.fresh(OLD_DATABASE);
  const maker = await enter(stage, PAYONCE, { databaseUrl });
  const order = createOrders(newRun());
  const requests = Array.from({ length: TEMPLATES }, () => maker.write(order()));
  await sendBatch({ target: maker.target, connections: CONNECTIONS, requests });
  const { COMPLETED } = await settle(stage, maker);
  await maker.leave();
  if (COMPLETED !== TEMPLATES) throw new Error(`Only ${COMPLETED} of ${TEMPLATES} templates were paid.`);
  await fill({ url: databaseUrl, rows, say: stage.say });
}

/** The service must read the filled rows as payments. Otherwise the benchmark would measure it with rows that it never uses. */
async function assertReadable({ server }: Contestant): Promise<void> {
  const answer = await fetch(`${server.url}/v1/payments?order_id=old-000000-001`);
  const { data } = (await answer.json()) as { data?: readonly { readonly status: string }[] };
  if (data?.[0]?.status !== 'COMPLETED')
    throw new Error('The service cannot read the payments that were filled in.');
}

async function sizeOf({ stage }: Context, { server }: Contestant): Promise<number> {
  const rows = await stage.database.query<{ bytes: string }>(
    server.databaseUrl,
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return Math.round((Number(rows[0]?.bytes) / 2 ** 30) * 10) / 10;
}

function assertRoom(folder: string, rows: number): void {
  if (!existsSync(folder)) return;
  const { bavail, bsize } = statfsSync(folder);
  const needed = rows * BYTES_PER_PAYMENT + SPARE_BYTES;
  if (bavail * bsize >= needed) return;
  const gigabytes = Math.ceil(needed / 2 ** 30);
  throw new Error(`${rows} old payments need about ${gigabytes} GB on the disk; fewer: --old-rows.`);
}
