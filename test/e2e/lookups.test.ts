/** The gateway charged, but no answer to a call says so. Only lookups show the charge, and they have faults too. */
import { afterAll, expect, test } from 'vitest';
import type { LookupMode } from './gateway/lookups.ts';
import * as step from './gateway/steps.ts';
import { SHORT_CALLS } from './support/service.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage({ env: SHORT_CALLS });
afterAll(() => stage.close());

/** What goes wrong in the first lookups of an order's key. Later lookups tell the truth. */
const modes = new Map<string, LookupMode[]>();

/** How long after a call the gateway's lookups do not show its own charge. Its declared `GATEWAY_LANDS_WITHIN_MS` is longer. */
const BLIND_MS = 1000;
const blind = stage.identity.key('blind', 1);

stage.gateway.mode = (key, nth) => {
  const lastCall = stage.gateway.ledger.requests.findLast((one) => one.key === key);
  if (key === blind && Date.now() < (lastCall?.atMs ?? 0) + BLIND_MS) return 'empty';
  return modes.get(key)?.[nth - 1] ?? 'truth';
};

function spoil(orderId: string, ...first: LookupMode[]): void {
  modes.set(stage.identity.key(orderId, 1), first);
}

const noAnswers: LookupMode[] = ['down', 'hang', 'drop', 'garbage', 'no_data', 'unauthorized'];

test.concurrent.each(noAnswers)('lookup %s: charged, so never FAILED', async (mode) => {
  const orderId = `charged-${mode}`;
  spoil(orderId, mode, mode, mode);
  stage.gateway.always(orderId, step.errorAfter(500));
  await stage.client.pay({ orderId, key: orderId, prefer: 'respond-async' });
  await stage.reaches(orderId, 'COMPLETED');
  expect((await stage.events(orderId)).map(({ status }) => status)).not.toContain('FAILED');
  expect(stage.gateway.ledger.lookupsOf(orderId).length).toBeGreaterThanOrEqual(4);
});

test.concurrent.each([...noAnswers, 'foreign' as const])('lookup %s is no proof of absence', async (mode) => {
  const orderId = `absent-${mode}`;
  spoil(orderId, mode, mode, mode);
  stage.gateway.always(orderId, step.error(500));
  await stage.client.pay({ orderId, key: orderId, prefer: 'respond-async' });
  await stage.reaches(orderId, 'FAILED');
  expect(stage.gateway.ledger.lookupsOf(orderId).length).toBeGreaterThanOrEqual(mode === 'foreign' ? 1 : 4);
});

test.concurrent('two charges under one key go to a person', async () => {
  spoil('twice', ...Array.from({ length: 99 }, () => 'twice' as const));
  stage.gateway.always('twice', step.errorAfter(500));
  await stage.client.pay({ orderId: 'twice', prefer: 'respond-async' });
  await stage.reaches('twice', 'REVIEW');
});

/**
 * Closes the breaker, which the many failures have opened. If every call that probes it is dropped, its pauses grow
 * longer than a test can wait. One call that succeeds closes it.
 */
async function closeBreaker(orderId: string): Promise<void> {
  await stage.client.pay({ orderId, prefer: 'respond-async' });
  await stage.reaches(orderId, 'COMPLETED');
}

test('an entry about another key completes nothing', async () => {
  await closeBreaker('before-foreign');
  spoil('foreign', ...Array.from({ length: 6 }, () => 'foreign' as const));
  stage.gateway.always('foreign', step.dropBefore);
  await stage.client.pay({ orderId: 'foreign', prefer: 'respond-async' });
  const { status } = await stage.reaches('foreign', 'COMPLETED', 'FAILED', 'REVIEW');
  expect(status).not.toBe('COMPLETED');
});

test('"not found" straight after a lost answer is not taken for an absence', async () => {
  await closeBreaker('before-blind');
  stage.gateway.always('blind', step.dropAfter);
  await stage.client.pay({ orderId: 'blind', prefer: 'respond-async' });
  await stage.reaches('blind', 'COMPLETED');
  expect((await stage.events('blind')).map(({ status }) => status)).not.toContain('FAILED');
});

test('afterwards nothing contradicts anything', async () => {
  await stage.quiet();
  expect(await stage.judge()).toEqual([]);
});
