/** The worker of `examples/worker`: two at once, one of them killed while the gateway charges. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openPool } from '../../postgres/harness.ts';
import { until } from '../../support/until.ts';
import { SHORT_CALLS } from '../support/service.ts';
import { run } from './program.ts';
import { http, openWorld } from './world.ts';

const SCHEMA = readFileSync(new URL('../../../examples/worker/schema.sql', import.meta.url), 'utf8');
const WORKER = 'examples/worker/worker.mjs';
const METHODS = ['tok_lost_once', 'tok_visa', 'tok_drop_after_once', 'tok_declined', 'tok_error_after_once'];
const ENDS = ['paid', 'paid', 'paid', 'declined', 'paid'];

test('each job is charged once, although a worker dies and others take over', async () => {
  const world = await openWorld({ faults: {} }, (url) => ({ ...http(url), ...SHORT_CALLS }));
  const pool = openPool(world.databaseUrl, { max: 1 });
  try {
    await pool.query(SCHEMA);
    const insert = "INSERT INTO charge_jobs VALUES ($1, 1000, 'USD', $2)";
    for (const [index, method] of METHODS.entries()) await pool.query(insert, [`JOB${index}`, method]);

    const env = { PAYONCE_URL: world.serviceUrl, DATABASE_URL: world.databaseUrl };
    const first = run([WORKER], env);
    // The gateway has charged the first job, and its answer is lost: the worker waits.
    await until('the first charge', async () => (await world.charges('JOB0')) === 1);
    first.child.kill('SIGKILL');
    expect(await first.ended).toBeNull();

    const left = () => pool.query('SELECT 1 FROM charge_jobs WHERE outcome IS NULL');
    do {
      const pair = [run([WORKER], env), run([WORKER], env)];
      for (const { ended, output } of pair) expect(await ended, output()).toBe(0);
    } while ((await left()).rowCount !== 0);
    const { rows } = await pool.query('SELECT outcome FROM charge_jobs ORDER BY order_id');
    expect(rows.map(({ outcome }) => outcome)).toEqual(ENDS);
    const charged = await Promise.all(METHODS.map((_, index) => world.charges(`JOB${index}`)));
    expect(charged).toEqual([1, 1, 1, 0, 1]);
  } finally {
    await pool.end();
  }
});
