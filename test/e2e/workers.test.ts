/** Several processes on one port (`WORKERS`), seen from outside. */
import { execFileSync } from 'node:child_process';
import { get } from 'node:http';
import pg from 'pg';
import { expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { onStage, type Stage } from './support/stage.ts';

const WORKERS = 2;

/** The running child processes of the service's first process. */
function workersOf(stage: Stage): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid = '', parent = '', state = ''] = line.trim().split(/\s+/);
    return Number(parent) === stage.service().pid && !state.startsWith('Z') ? [Number(pid)] : [];
  });
}

/** The fields of each line that has the text. */
function logged(stage: Stage, text: string): readonly Record<string, unknown>[] {
  const lines = stage.service().output().split('\n');
  return lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('orders paid at whichever worker are charged once, and SIGTERM ends them all', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    expect(workersOf(stage)).toHaveLength(WORKERS);
    const ids = Array.from({ length: 60 }, (_, index) => `shared-${index % 20}`);
    const answers = await Promise.all(
      ids.map((orderId, index) => stage.client.pay({ orderId, key: `k-${index}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const pids = [stage.service().pid, ...workersOf(stage)];
    stage.service().signal('SIGTERM');
    expect(await stage.service().ended).toEqual({ code: 0, signal: null });
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

test('a worker that is killed is replaced, and what it held is settled under the same key', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    const before = workersOf(stage);
    const ids = Array.from({ length: 30 }, (_, index) => `held-${index}`);
    for (const id of ids) stage.gateway.plan(id, step.slow(400));
    const paid = ids.map((orderId) => stage.client.pay({ orderId, key: orderId }).catch(() => null));
    await until('all calls', () => ids.every((id) => stage.gateway.ledger.requestsOf(id).length > 0));
    process.kill(before[0] as number, 'SIGKILL');
    await Promise.all(paid);
    await until('another worker', () => {
      const now = workersOf(stage);
      return now.length === WORKERS && !now.includes(before[0] as number);
    });
    const payments = await stage.quiet();
    expect(payments.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
    expect(await stage.judge()).toEqual([]);
    await until('it to be logged', () => logged(stage, 'a worker died').length === 1);
    expect(logged(stage, 'a worker died')).toMatchObject([{ pid: before[0], code: null, signal: 'SIGKILL' }]);
  });
});

/** Over a connection of its own, so that any worker may get it. */
function readiness(stage: Stage): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${stage.service().url}/readyz`, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

async function readinessOften(stage: Stage): Promise<unknown[]> {
  const seen = new Set<unknown>();
  for (let asked = 0; asked < 20; asked += 1) seen.add(await readiness(stage));
  return [...seen];
}

test('a worker that starts again gets no connection before it can serve, and is started until it can', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    const starting = (other = 0): Promise<number> =>
      until('a worker that waits while it starts', async () => {
        const [waiting] = await query(
          stage.databaseUrl,
          `SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> ${other}`,
        );
        return waiting?.pid as number | undefined;
      });
    const holder = new pg.Client(stage.databaseUrl);
    await holder.connect();
    try {
      // A process that starts writes this row; one that runs only reads it.
      await holder.query('BEGIN');
      await holder.query('SELECT FROM payonce.installation FOR UPDATE');
      process.kill(workersOf(stage)[0] as number, 'SIGKILL');
      const first = await starting();
      expect(await readinessOften(stage)).toEqual([200]);
      await query(stage.databaseUrl, `SELECT pg_terminate_backend(${first})`);
      await starting(first);
      expect(await readinessOften(stage)).toEqual([200]);
    } finally {
      await holder.end();
    }
    expect(await readinessOften(stage)).toEqual([200]);
  });
});

test('a worker that is frozen is killed and replaced, and a request that was handed to it ends', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    const [frozen = 0, other = 0] = workersOf(stage);
    process.kill(frozen, 'SIGSTOP');
    let ended = 0;
    const asked = Array.from({ length: 6 }, () =>
      readiness(stage)
        .catch((error: NodeJS.ErrnoException) => error.code)
        .finally(() => {
          ended += 1;
        }),
    );
    await until('the requests at the other worker', () => ended >= asked.length - 1);
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer === 200).length).toBeGreaterThanOrEqual(asked.length - 1);
    await until('another worker', () => {
      const now = workersOf(stage);
      return now.length === WORKERS && !now.includes(frozen);
    });
    expect(workersOf(stage)).toContain(other);
    expect(stage.service().output()).toContain('a worker gives no sign of life');
  });
});

test('calls in flight at SIGTERM end as answered, at every worker', async () => {
  const env = { WORKERS: String(WORKERS), CALL_TIMEOUT_MS: '30000', LEASE_MS: '31000', DRAIN_MS: '14000' };
  await onStage({ env }, async (stage) => {
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    stage.gateway.onRequest = () => held;
    const ids = Array.from({ length: 10 }, (_, index) => `in-flight-${index}`);
    const paid = ids.map((orderId) => stage.client.pay({ orderId, key: orderId, prefer: 'wait=60' }));
    await until('all calls', () => stage.gateway.ledger.requests.length === ids.length);
    stage.service().signal('SIGTERM');
    await until('all of them to drain', () => logged(stage, '"draining"').length === WORKERS + 1);
    expect(new Set(logged(stage, '"draining"').map(({ worker }) => worker))).toEqual(
      new Set([undefined, 1, 2]),
    );
    answer();
    expect((await Promise.all(paid)).map(({ status }) => status)).toEqual(ids.map(() => 201));
    expect(await stage.service().ended).toEqual({ code: 0, signal: null });
  });
});

test('no worker outlives the process that started it', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    const workers = workersOf(stage);
    await stage.service().kill();
    await until('the workers to end', () => workers.every((pid) => !isAlive(pid)));
  });
});
