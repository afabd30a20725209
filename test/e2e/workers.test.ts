/** Several processes on one port (`WORKERS`), seen from outside. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import * as step from './gateway/steps.ts';
import { eventually } from './support/eventually.ts';
import { onStage, type Stage } from './support/stage.ts';

const WORKERS = 2;

/** The living children of the service's first process. */
function workersOf(stage: Stage): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid = '', parent = '', state = ''] = line.trim().split(/\s+/);
    return Number(parent) === stage.service().pid && !state.startsWith('Z') ? [Number(pid)] : [];
  });
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
    await eventually('all calls', () => ids.every((id) => stage.gateway.ledger.requestsOf(id).length > 0));
    process.kill(before[0] as number, 'SIGKILL');
    await Promise.all(paid);
    await eventually('another worker', () => {
      const now = workersOf(stage);
      return now.length === WORKERS && !now.includes(before[0] as number);
    });
    const payments = await stage.quiet();
    expect(payments.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
    expect(await stage.judge()).toEqual([]);
    expect(stage.service().output()).toContain('a worker died');
  });
});

test('no worker outlives the process that started it', async () => {
  await onStage({ env: { WORKERS: String(WORKERS) } }, async (stage) => {
    const workers = workersOf(stage);
    await stage.service().kill();
    await eventually('the workers to end', () => workers.every((pid) => !isAlive(pid)));
  });
});
