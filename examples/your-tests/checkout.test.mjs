/**
 * Tests payment code against a gateway that fails and knows what it really charged. Put your own `pay` in place of these.
 *
 *   CODE=naive node --test examples/your-tests/    # fails: it charges twice
 *   CODE=fixed node --test examples/your-tests/    # passes
 */
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { createMemoryLedger, startFakeGateway } from 'payonce/fake-gateway';

const { pay } = await import(process.env.CODE === 'naive' ? './naive.mjs' : './fixed.mjs');
const gateway = await startFakeGateway({ ledger: createMemoryLedger(), faults: {} });
after(() => gateway.close());

async function realCharges(orderId) {
  const response = await fetch(`${gateway.url}/_ledger?order_id=${orderId}`);
  return (await response.json()).summary.live;
}

// Each of these methods makes the gateway fail in one way.
const FAULTS = [
  'tok_visa',
  'tok_declined',
  'tok_error_once',
  'tok_error_after_once',
  'tok_drop_after_once',
  'tok_lost_once',
  'tok_truncated',
  'tok_garbage',
  'tok_error_after',
];

for (const method of FAULTS) {
  test(`${method}: one charge at most, and a true answer`, async () => {
    const orderId = `order-${method}`;
    const said = await pay(gateway.url, { orderId, amount: 10_000, currency: 'USD', method });
    const charges = await realCharges(orderId);
    assert.ok(charges <= 1, `the order was charged ${charges} times`);
    if (said === 'paid') assert.equal(charges, 1, 'it said "paid", and nothing was charged');
    if (said === 'declined' || said === 'failed') assert.equal(charges, 0, `it said "${said}", and charged`);
  });
}
