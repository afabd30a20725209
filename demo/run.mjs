/**
 * The promise, shown: a nasty gateway, a thousand orders sent five times each at once, and the server killed
 * in the middle. What counts in the end is the gateway's own ledger.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLedger, startFakeGateway } from '../dist/fake-gateway/index.js';
import { startEmbeddedPostgres } from '../packages/embedded-postgres/dist/index.js';
import { payAll } from './clients.mjs';
import { judge, table } from './judge.mjs';
import { startServer } from './server.mjs';

const ORDERS = 1000;
const COPIES = 5;
/** The server dies when this many orders have their first answer. */
const KILL_AT = Math.floor(ORDERS / 3);

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

const folder = await mkdtemp(join(tmpdir(), 'payonce-demo-'));
// PostgreSQL runs as a user of its own where we are root, and must be able to enter.
await chmod(folder, 0o755);
process.stdout.write('Starting PostgreSQL, a nasty gateway and the server …\n');
const database = await startEmbeddedPostgres({ dataDir: folder });
const gateway = await startFakeGateway({ ledger: createMemoryLedger(), seed: 42, faults: NASTY });
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
process.stdout.write(`Sending ${ORDERS} orders ${COPIES} times each, all at once.\n`);

let restarted = null;
const progress = setInterval(() => {
  process.stdout.write(
    `  ${clients.settled().toString().padStart(5)} of ${ORDERS} orders settled, ${clients.requests()} requests sent\n`,
  );
}, 1000);
const clients = payAll({ url: () => server.url, orders: ORDERS, copies: COPIES, onSettled });
const answers = await clients.done;
await restarted;
clearInterval(progress);

const report = await judge({
  answers,
  serverUrl: server.url,
  gatewayUrl: gateway.url,
  orders: ORDERS,
  requests: clients.requests(),
});
process.stdout.write(table(report));
await server.stop();
await gateway.close();
await database.stop();
await rm(folder, { recursive: true, force: true });
process.exit(report.duplicates + report.falseAnswers + report.unsettled + report.lost === 0 ? 0 : 1);

/** Kills the server once, without a warning, and starts it again on the same port. */
function onSettled(settled) {
  if (settled !== KILL_AT || restarted !== null) return;
  process.stdout.write('  kill -9 of the server, payments in flight; starting it again …\n');
  restarted = server.kill().then(async () => {
    server = await startServer({ ...settings, PORT: new URL(server.url).port });
    process.stdout.write('  the server is back\n');
  });
}
