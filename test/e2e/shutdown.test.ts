/** What clients, probes and the parent process see between a signal and the end of the process. */
import { expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { onStage, type Stage } from './support/stage.ts';

/** With these, only the test ends a call or a drain. */
const PATIENT = { CALL_TIMEOUT_MS: '30000', LEASE_MS: '31000', DRAIN_MS: '14000' };

const drains = (stage: Stage): number => stage.service().output().split('"draining"').length - 1;

/** Pays an order whose call is under way when the signal comes. */
async function signalDuringCall(
  stage: Stage,
  signal: NodeJS.Signals,
): Promise<{ readonly paid: ReturnType<Stage['client']['pay']>; release(): void }> {
  const { step: call, release } = step.held();
  stage.gateway.plan('in-flight', call);
  const paid = stage.client.pay({ orderId: 'in-flight', key: 'in-flight', prefer: 'wait=60' });
  await until('the call', () => stage.gateway.ledger.requests.length === 1);
  stage.service().signal(signal);
  await until('the drain', () => drains(stage) === 1);
  return { paid, release };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what is under way is answered as it ended, all else is turned away with nothing sent, and the exit code is 0',
  async (signal) => {
    await onStage({ env: PATIENT }, async (stage) => {
      const { client, gateway } = stage;
      expect((await client.pay({ orderId: 'before', key: 'before' })).status).toBe(201);
      gateway.ledger.requests.length = 0;
      const { paid, release } = await signalDuringCall(stage, signal);
      const turnedAway = [
        await client.pay({ orderId: 'late', key: 'late' }),
        await client.get('/v1/payments?order_id=before'),
      ];
      for (const answer of turnedAway) {
        expect([answer.status, json(answer).code]).toEqual([503, 'shutting_down']);
        expect([answer.headers.connection, answer.headers['retry-after']]).toEqual(['close', '1']);
      }
      expect((await client.start('late-seed', '5')).status).toBe(503);
      const notReady = await client.get('/readyz');
      expect([notReady.status, json(notReady).reason]).toEqual([503, 'stopping']);
      expect((await client.get('/healthz')).status).toBe(200);
      release();
      expect((await paid).status).toBe(201);
      expect(await stage.service().ended).toEqual({ code: 0, signal: null });
      expect(gateway.ledger.requests.map(({ body }) => body.order_id)).toEqual(['in-flight']);
      const stored = await query(
        stage.databaseUrl,
        'SELECT order_id, status FROM payonce.payments ORDER BY 1',
      );
      expect(stored.map(({ order_id }) => order_id)).toEqual(['before', 'in-flight']);
      // A process that ended in good order leaves no lease that others must wait for.
      await stage.start();
      expect((await client.pay({ orderId: 'in-flight', key: 'in-flight' })).text).toBe((await paid).text);
      await stage.quiet();
    });
  },
);

test('further signals during a drain change nothing: the call under way is answered, and the exit code is 0', async () => {
  await onStage({ env: PATIENT }, async (stage) => {
    const { paid, release } = await signalDuringCall(stage, 'SIGTERM');
    for (const signal of ['SIGTERM', 'SIGINT'] as const) stage.service().signal(signal);
    // It answers this after the signals, so it has received them.
    expect((await stage.client.get('/healthz')).status).toBe(200);
    release();
    expect((await paid).status).toBe(201);
    expect(await stage.service().ended).toEqual({ code: 0, signal: null });
    expect(drains(stage)).toBe(1);
  });
});

test('a drain waits until what the gateway said is stored, also where the payment was taken by another', async () => {
  await onStage({ env: PATIENT }, async (stage) => {
    const { paid, release } = await signalDuringCall(stage, 'SIGTERM');
    paid.catch(() => {});
    // Does what another process would do when it finds that the lease is over.
    await query(
      stage.databaseUrl,
      `UPDATE payonce.payments SET fence = fence + 1, seq = seq + 1, claim_id = gen_random_uuid(), timer_at = due_at`,
    );
    release();
    expect(await stage.service().ended).toEqual({ code: 0, signal: null });
    expect(await query(stage.databaseUrl, "SELECT outcome->>'kind' AS kind FROM payonce.evidence")).toEqual([
      { kind: 'approved' },
    ]);
    expect(stage.service().output()).not.toContain('evidence_lost');
  });
});
