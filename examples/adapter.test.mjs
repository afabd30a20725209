/**
 * Every check of an adapter, with the test runner of Node. It checks the adapter for the protocol of the fake gateway; put yours in its place.
 *
 *   npm run build && node --test examples/adapter.test.mjs
 */
import test from 'node:test';
import { createHttpGateway } from 'payonce/gateways/http';
import { gatewayChecks } from 'payonce/testing';
import { charges, refunds, WEBHOOK_SECRET, webhooks } from './http-dialect.mjs';

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
  webhooks,
  connect: (url, settings = {}) =>
    createHttpGateway({ url, contract, webhookSecrets: [WEBHOOK_SECRET], ...settings }),
});
for (const { name, run } of checks) test(name, run);
