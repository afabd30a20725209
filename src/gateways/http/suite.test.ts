/** The checks of every adapter, in the words of our own protocol. */
import { describe, test } from 'vitest';
import { captures, charges, refunds, WEBHOOK_SECRET, webhooks } from '../../../examples/http-dialect.mjs';
import { CONTRACT } from '../../../test/support/contract.ts';
import { gatewayChecks } from '../../testing/index.ts';
import { createHttpGateway } from './index.ts';

describe('gateway adapter: http', () => {
  const checks = gatewayChecks({
    dialect: charges,
    refunds,
    captures,
    webhooks,
    reasons: 'exact',
    connect: (url, settings = {}) =>
      createHttpGateway({ url, contract: CONTRACT, webhookSecrets: [WEBHOOK_SECRET], ...settings }),
  });
  for (const { name, run } of checks) test(name, run);
});
