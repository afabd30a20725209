/** What the gateway declares decides what may be resent and what is proof. */
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { type Env, FAST, SHORT_CALLS } from './support/service.ts';
import { onStage, type Stage } from './support/stage.ts';

const LANDS_WITHIN_MS = Number(FAST.GATEWAY_LANDS_WITHIN_MS);
const always = (one: step.Step) => Array.from({ length: 50 }, () => one);

async function on(
  options: { env: Env; keys?: 'kept' | 'ignored'; keyWindowMs?: number },
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { env, ...gateway } = options;
  await onStage({ env, gateway }, work);
}

test.concurrent('without keys nothing is resent before its absence is proved', () =>
  on({ env: { ...SHORT_CALLS, GATEWAY_KEYS: 'none' }, keys: 'ignored' }, async (stage) => {
    const { gateway, client, reaches, quiet, judge } = stage;
    const plans: Record<string, [step.Step[], string]> = {
      lostAfter: [[step.lostAfter], 'COMPLETED'],
      dropAfter: [[step.dropAfter], 'COMPLETED'],
      errorAfter: [[step.errorAfter(500)], 'COMPLETED'],
      truncated: [[step.spoilt('truncated')], 'COMPLETED'],
      landsAfterDrop: [[step.landsAfterDrop(700)], 'COMPLETED'],
      landsAfterTimeout: [[step.landsAfterTimeout(700)], 'COMPLETED'],
      landsSecond: [[step.dropBefore, step.landsAfterDrop(600)], 'COMPLETED'],
      dropBefore: [[step.dropBefore], 'COMPLETED'],
      lostBefore: [[step.lostBefore], 'COMPLETED'],
      errorBefore: [[step.error(500)], 'COMPLETED'],
      slowDown: [[step.busyLater('0')], 'COMPLETED'],
      errors: [always(step.error(500)), 'FAILED'],
      drops: [always(step.dropBefore), 'FAILED'],
      declined: [[step.dropBefore, step.declined], 'FAILED'],
    };
    for (const [orderId, [steps]] of Object.entries(plans)) {
      gateway.plan(orderId, ...steps);
      await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
    }
    await quiet();
    expect(await judge()).toEqual([]);
    for (const [orderId, [, wanted]] of Object.entries(plans)) {
      const { status } = await reaches(orderId, 'COMPLETED', 'FAILED', 'REVIEW');
      // A failure with proof is a true end as well. Nothing promises another try.
      if (wanted === 'FAILED') expect([orderId, status]).toEqual([orderId, 'FAILED']);
      expect([orderId, status]).not.toEqual([orderId, 'REVIEW']);
    }
    for (const orderId of ['dropBefore', 'lostBefore', 'landsSecond', 'drops']) {
      const sent = gateway.ledger.requestsOf(orderId).map(({ atMs }) => atMs);
      for (const [index, atMs] of sent.slice(1).entries()) {
        expect([orderId, atMs - (sent[index] ?? 0) >= LANDS_WITHIN_MS]).toEqual([orderId, true]);
      }
    }
    for (const orderId of ['lostAfter', 'dropAfter', 'errorAfter', 'truncated', 'landsAfterDrop']) {
      expect([orderId, gateway.ledger.requestsOf(orderId).length]).toEqual([orderId, 1]);
    }
  }));

test.concurrent('with neither keys nor lookups a doubt goes to a person, and nothing is resent', () =>
  on(
    { env: { GATEWAY_KEYS: 'none', GATEWAY_LOOKUP: 'no' }, keys: 'ignored' },
    async ({ gateway, client, reaches, judge }) => {
      const doubtful = {
        lostAfter: step.lostAfter,
        lostBefore: step.lostBefore,
        dropAfter: step.dropAfter,
        error: step.error(500),
        garbage: step.spoilt('garbage'),
        redirect: step.status(302, {}, { location: '/' }),
      };
      for (const [orderId, one] of Object.entries(doubtful)) {
        gateway.plan(orderId, one);
        await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
      }
      for (const orderId of Object.keys(doubtful)) {
        await reaches(orderId, 'REVIEW');
        expect([orderId, gateway.ledger.requestsOf(orderId).length]).toEqual([orderId, 1]);
      }
      gateway.plan('declined', step.declined);
      expect((await client.pay({ orderId: 'declined' })).status).toBe(402);
      gateway.plan('slow-down', step.busyLater('0'));
      expect((await client.pay({ orderId: 'slow-down' })).status).toBe(201);
      expect(gateway.ledger.lookups).toEqual([]);
      expect(await judge()).toEqual([]);
    },
  ));

test.concurrent('keys kept, no lookups: a doubt is settled under the same key or goes to a person', () =>
  on({ env: { GATEWAY_LOOKUP: 'no' } }, async ({ gateway, client, reaches, judge }) => {
    gateway.plan('once', step.lostAfter);
    gateway.plan('ever', ...always(step.dropAfter));
    gateway.plan('errors', ...always(step.error(500)));
    for (const orderId of ['once', 'ever', 'errors']) await client.pay({ orderId, prefer: 'respond-async' });
    await reaches('once', 'COMPLETED');
    await reaches('ever', 'UNRESOLVED', 'REVIEW');
    await reaches('errors', 'UNRESOLVED', 'REVIEW', 'FAILED');
    expect(gateway.ledger.lookups).toEqual([]);
    expect(await judge()).toEqual([]);
  }));

test.concurrent('a lookup that lags is not evidence before the lag has passed', () =>
  on({ env: { GATEWAY_LOOKUP_LAG_MS: '900' } }, async ({ gateway, client, quiet, events, judge }) => {
    gateway.lagMs = 700;
    gateway.plan('answered', ...always(step.errorAfter(500)));
    gateway.plan('dropped', ...always(step.dropAfter));
    gateway.plan('late', step.landsAfterDrop(800), ...always(step.error(500)));
    gateway.plan('never', ...always(step.error(500)));
    for (const orderId of ['answered', 'dropped', 'late', 'never']) {
      await client.pay({ orderId, prefer: 'respond-async' });
    }
    const payments = await quiet();
    const states = Object.fromEntries(payments.map((one) => [one.order_id, one.status]));
    expect(states).toEqual({
      answered: 'COMPLETED',
      dropped: 'COMPLETED',
      late: 'COMPLETED',
      never: 'FAILED',
    });
    expect(await judge()).toEqual([]);
    const failed = (await events('never')).find(({ status }) => status === 'FAILED');
    const lastCall = gateway.ledger.requestsOf('never').at(-1);
    expect(Date.parse(failed?.at ?? '') - (lastCall?.atMs ?? 0)).toBeGreaterThanOrEqual(895);
  }));

test.concurrent('FAILED is never written before the last call may have landed', () =>
  on({ env: { ...SHORT_CALLS, GATEWAY_LANDS_WITHIN_MS: '5000' } }, async (stage) => {
    const { gateway, client, reaches, events, judge } = stage;
    gateway.plan('late', ...always(step.landsAfterTimeout(1800)));
    gateway.plan('never', ...always(step.dropBefore));
    for (const orderId of ['late', 'never']) await client.pay({ orderId, prefer: 'respond-async' });
    await reaches('late', 'COMPLETED');
    await reaches('never', 'FAILED');
    const failed = (await events('never')).find(({ status }) => status === 'FAILED');
    const lastCall = gateway.ledger.requestsOf('never').at(-1);
    expect(Date.parse(failed?.at ?? '') - (lastCall?.atMs ?? 0)).toBeGreaterThanOrEqual(4995);
    expect(await judge()).toEqual([]);
  }));

test.concurrent('once the key window is over it is looked up, never resent', () =>
  on(
    // Shorter than a call, so no call can be sent again within it.
    { env: { ...SHORT_CALLS, GATEWAY_KEY_WINDOW_MS: '1000' }, keyWindowMs: 1000 },
    async ({ gateway, client, service, start, reaches, judge }) => {
      gateway.plan('old', step.lostAfter);
      gateway.plan('absent', step.lostBefore);
      await client.pay({ orderId: 'old', prefer: 'respond-async' });
      await client.pay({ orderId: 'absent', prefer: 'respond-async' });
      await until('both calls', () => gateway.ledger.requests.length === 2);
      await service().kill();
      const sentMs = Math.max(...gateway.ledger.requests.map(({ atMs }) => atMs));
      await until('the window to pass', () => Date.now() > sentMs + 1000);
      await start();
      await reaches('old', 'COMPLETED');
      expect(gateway.ledger.requestsOf('old')).toHaveLength(1);
      await reaches('absent', 'COMPLETED', 'FAILED');
      expect(await judge()).toEqual([]);
    },
  ));

test.concurrent('errors that are cached under the key are looked up, not repeated for ever', () =>
  on({ env: { GATEWAY_CACHES_ERRORS: 'yes' } }, async ({ gateway, client, quiet, judge }) => {
    gateway.plan('charged', ...always(step.errorAfter(500)));
    gateway.plan('never', ...always(step.error(500)));
    for (const orderId of ['charged', 'never']) await client.pay({ orderId, prefer: 'respond-async' });
    const payments = await quiet();
    const states = Object.fromEntries(payments.map((one) => [one.order_id, one.status]));
    expect(states).toEqual({ charged: 'COMPLETED', never: 'FAILED' });
    expect(await judge()).toEqual([]);
  }));

test.concurrent('a gateway that charges later than it declares is noticed before charge n+1', () =>
  on({ env: {} }, async ({ gateway, client, reaches, identity }) => {
    gateway.plan('late', ...always(step.dropBefore).slice(0, 4));
    const first = await client.pay({ orderId: 'late', key: 'one' });
    expect(first.status).toBe(502);
    const [call] = gateway.ledger.requestsOf('late');
    if (call === undefined) throw new Error('it was called');
    gateway.ledger.add(call.key, call.body, 'succeeded');
    const second = await client.pay({ orderId: 'late', key: 'two', prefer: 'wait=3' });
    expect([200, 201, 202]).toContain(second.status);
    await reaches('late', 'REVIEW', 'COMPLETED');
    expect(gateway.ledger.liveOf('late')).toHaveLength(1);
    expect(gateway.ledger.keysOf('late')).toEqual([identity.key('late', 1)]);
  }));

test.concurrent('a gateway that ignores its keys is noticed, and the order is not FAILED', () =>
  on({ env: {}, keys: 'ignored' }, async ({ gateway, client, reaches }) => {
    gateway.plan('double', step.dropAfter, step.dropAfter, step.dropAfter, step.dropAfter);
    await client.pay({ orderId: 'double', prefer: 'respond-async' });
    await reaches('double', 'REVIEW');
  }));

test.concurrent('the seed’s four errors fail at once, without the wait before a lookup', () =>
  on(
    {
      env: {
        CALL_TIMEOUT_MS: '',
        LEASE_MS: '',
        BACKOFF_BASE_MS: '',
        // Longer than the client waits for the answer.
        LOOKUP_BASE_MS: '600000',
        LOOKUP_CAP_MS: '',
        PENDING_POLL_MS: '',
        SWEEP_MS: '',
        GATEWAY_LANDS_WITHIN_MS: '',
      },
    },
    async ({ gateway, client, payment, judge }) => {
      gateway.plan('seed', ...always(step.error(500)).slice(0, 4));
      const answer = await client.start('seed', '100.0');
      expect(answer.status).toBe(502);
      expect(json(answer)).toEqual({ error: 'Gateway error' });
      expect(gateway.ledger.requestsOf('seed')).toHaveLength(4);
      expect((await payment('seed')).status).toBe('FAILED');
      expect(await judge()).toEqual([]);
    },
  ));
