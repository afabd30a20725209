/**
 * The checks that every gateway adapter must pass, for any test runner: 400 things that networks, proxies and gateways do to an exchange.
 * Payonce's own adapters run the same ones.
 */

import { collectCaptures } from './captures.ts';
import { collectCharges } from './charges.ts';
import { type Check, collect } from './collect.ts';
import { collectEdges } from './edges.ts';
import { expecting } from './expect.ts';
import type { GatewayHarness } from './harness.ts';
import { collectRefunds } from './refunds.ts';
import { collectTwoSteps } from './two-steps.ts';
import { collectWebhooks, NOWHERE } from './webhooks.ts';

export type { AuthorizedReport, CaptureChanges, CaptureDialect } from './captures-harness.ts';
export type { Check } from './collect.ts';
export type {
  ChargeChanges,
  ConnectSettings,
  Dialect,
  GatewayHarness,
  TwoStepsDialect,
  WebhookDialect,
} from './harness.ts';
export type { ChargeReport, RefundChanges, RefundDialect } from './refunds-harness.ts';
export type { RawAnswer } from './server.ts';

/**
 * The checks for one adapter. What it declares decides which: `refunds`, `captures`, `twoSteps` and `webhooks` are checked if it has
 * them. Each check starts a small server on this machine, and makes an adapter for it with `connect`. Run them one after the other.
 *
 * @throws Error if the adapter declares a part whose dialect is missing.
 *
 * @example
 * import test from 'node:test';
 * import { gatewayChecks } from 'payonce/testing';
 * for (const check of gatewayChecks({ dialect, connect })) test(check.name, check.run);
 */
export function gatewayChecks(harness: GatewayHarness): readonly Check[] {
  const reasons = harness.reasons ?? 'any';
  const suite = { ...collect(), expect: expecting(reasons), reasons };
  // It declares without having been used, so there is nothing to wait for.
  const declared = harness.connect(NOWHERE);
  void declared.close();
  collectEdges(suite, harness);
  collectCharges(suite, harness);
  if (declared.refunds !== undefined) {
    const isAdding = declared.refunds.refunded !== undefined;
    collectRefunds(suite, harness, needed(harness.refunds, 'refunds'), isAdding);
  }
  if (declared.captures !== undefined) collectCaptures(suite, harness, needed(harness.captures, 'captures'));
  if (declared.twoSteps !== undefined) collectTwoSteps(suite, harness, needed(harness.twoSteps, 'twoSteps'));
  if (declared.webhooks !== undefined) collectWebhooks(suite, harness, needed(harness.webhooks, 'webhooks'));
  return suite.checks;
}

function needed<T>(dialect: T | undefined, part: 'refunds' | 'captures' | 'twoSteps' | 'webhooks'): T {
  if (dialect !== undefined) return dialect;
  throw new Error(`The adapter declares ${part}. Give gatewayChecks its dialect too: { ${part}: … }.`);
}
