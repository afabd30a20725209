/**
 * Every check of an adapter, with the test runner of Node, and one charge at a gateway that is there. It checks the adapter for the protocol of
 * the fake gateway; put yours in its place.
 *
 *   npm run build && node --test examples/adapter.test.mjs
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createMemoryLedger, startFakeGateway } from 'payonce/fake-gateway';
import { createHttpGateway } from 'payonce/gateways/http';
import { gatewayChecks } from 'payonce/testing';
import { captures, charges, refunds, WEBHOOK_SECRET, webhooks } from './http-dialect.mjs';

// Only what the gateway's documentation promises.
const contract = {
  steps: 'one',
  keys: 'kept',
  keyWindowMs: 86_400_000,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 0,
  landsWithinMs: 60_000,
};

const checks = gatewayChecks({
  dialect: charges,
  refunds,
  captures,
  webhooks,
  connect: (url, settings = {}) =>
    createHttpGateway({ url, contract, webhookSecrets: [WEBHOOK_SECRET], ...settings }),
});
for (const { name, run } of checks) test(name, run);

test('a charge at the gateway is approved, and a lookup finds it', async () => {
  const far = await startFakeGateway({ port: 0, ledger: createMemoryLedger() });
  const adapter = createHttpGateway({ url: far.url, contract, livemode: false });
  const request = {
    key: '0b0e7a0e-5c0f-5f6d-9d5e-0d2f6f1a7c11',
    reference: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
    orderId: 'ORD1',
    accountId: 'default',
    installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
    amountMinor: 1000,
    currency: 'USD',
    method: 'tok_visa',
  };
  const limits = { timeoutMs: 10_000, mayLeave: () => true };
  try {
    const { kind, ref } = await adapter.call(request, limits);
    assert.equal(kind, 'approved');
    assert.deepEqual(await adapter.lookup(request, limits), { kind: 'succeeded', ref });
  } finally {
    await adapter.close();
    await far.close();
  }
});
