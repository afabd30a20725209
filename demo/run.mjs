/**
 * Shows the promise: a nasty gateway, a thousand orders sent five times each at once, and the server killed
 * in the middle. Next to it the control: a plain retry at a second gateway with the same faults and the same seed.
 * What counts in the end is each gateway's own ledger. The exit code is about Payonce alone.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryLedger, startFakeGateway } from '../dist/fake-gateway/index.js';
import { startEmbeddedPostgres } from '../packages/embedded-postgres/dist/index.js';
import { payAll } from './clients.mjs';
import { judge, readPayments, readSummary } from './judge.mjs';
import { readSeed } from './options.mjs';
import { payPlainly } from './plain-retry.mjs';
import { startServer } from './server.mjs';
import { table } from './table.mjs';

const ORDERS = Array.from({ length: 1000 }, (_, n) => ({
  order_id: `DEMO-${n}`,
  amount: 1000 + n,
  currency: 'USD',
}));
const COPIES = 5;
/** The server dies when this many orders have their first answer. */
const KILL_AT = Math.floor(ORDERS.length / 3);

/** About half of all calls go wrong, in nearly every way that there is. */
const NASTY = {
  latency_ms: { min: 5, max: 60 },
  error_before: 0.1,
  error_after: 0.08,
  drop_before: 0.06,
  drop_after: 0.08,
  lands_late: { rate: 0.04, delay_ms: 1500 },
  lost_answer: { rate: 0.02, delay_ms: 4000 },
  truncated_answer: 0.04,
  garbage_answer: 0.04,
  rate_limited: { rate: 0.03, delay_ms: 200 },
  stale_error: 0.02,
  declined: 0.05,
  pending: { rate: 0.03, delay_ms: 1000 },
  lookup_down: 0.1,
  lookup_lag: { rate: 0.2, delay_ms: 300 },
};

const seed = readSeed(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'payonce-demo-'));
// PostgreSQL runs as a user of its own where we are root, and must be able to enter.
await chmod(folder, 0o755);
say('Starting PostgreSQL, a nasty gateway and the server …');
// One for each lane, so that their charges do not mix.
const gateway = await startNastyGateway();
const plainGateway = await startNastyGateway();
const database = await startEmbeddedPostgres({ dataDir: folder });
const settings = {
  DATABASE_URL: database.url,
  GATEWAY_URL: gateway.url,
  GATEWAY_LIVEMODE: 'no',
  // What this gateway promises; it lands late, and its lookups lag, but within these bounds.
  GATEWAY_LANDS_WITHIN_MS: '3000',
  GATEWAY_LOOKUP_LAG_MS: '500',
  CALL_TIMEOUT_MS: '1000',
  LEASE_MS: '2000',
  LOOKUP_BASE_MS: '500',
  LOG_LEVEL: 'fatal',
};
let server = await startServer(settings);
say(`Payonce: ${ORDERS.length} orders, ${COPIES} times each, all at once.`);
say(
  `Plain retry: the same ${ORDERS.length} orders, once each, at a gateway of its own with the same faults. Seed ${seed}.`,
);

let restarted = null;
let isOver = false;
const clients = payAll({ url: () => server.url, orders: ORDERS, copies: COPIES, onSettled });
const control = payPlainly({ gatewayUrl: plainGateway.url, orders: ORDERS });
const progress = showProgress();
const [answers, plainly] = await Promise.all([clients.done, control]);
await restarted;
isOver = true;
await progress;

const payonce = {
  orders: ORDERS.length,
  requests: clients.requests(),
  ...(await judge({ answers, gatewayUrl: gateway.url })),
  ...(await readPayments({ serverUrl: server.url, orders: ORDERS })),
};
const plain = {
  orders: ORDERS.length,
  requests: ORDERS.length,
  calls: plainly.calls,
  ...(await judge({ answers: plainly.answers, gatewayUrl: plainGateway.url })),
};
process.stdout.write(table({ payonce, plain }));
const broken = ['chargedTwice', 'failedButCharged', 'paidButNotCharged', 'changed', 'unsettled', 'lost'];
const isKept = broken.every((field) => payonce[field] === 0);
say(isKept ? 'Payonce kept its promise.' : 'Payonce broke its promise: see its column.');
say('The exit code is about Payonce alone.');
await server.stop();
await gateway.close();
await plainGateway.close();
await database.stop();
await rm(folder, { recursive: true, force: true });
process.exit(isKept ? 0 : 1);

function say(line) {
  process.stdout.write(`${line}\n`);
}

function startNastyGateway() {
  return startFakeGateway({ ledger: createMemoryLedger(), seed, faults: NASTY });
}

/** What the two ledgers say, once a second. */
async function showProgress() {
  while (!isOver) {
    await sleep(1000);
    const [ours, plains] = [await readSummary(gateway.url), await readSummary(plainGateway.url)];
    say(
      `  Payonce: ${count(clients.settled())} orders settled, ${count(ours.duplicates)} charged twice` +
        `   plain retry: ${count(plains.live)} charges, ${count(plains.duplicates)} orders charged twice`,
    );
  }
}

function count(number) {
  return String(number).padStart(4);
}

/** Kills the server once, without a warning, and starts it again on the same port. */
function onSettled(settled) {
  if (settled !== KILL_AT || restarted !== null) return;
  say('  kill -9 of the server, payments in flight; starting it again …');
  restarted = server.kill().then(async () => {
    server = await startServer({ ...settings, PORT: new URL(server.url).port });
    say('  the server is back');
  });
}
