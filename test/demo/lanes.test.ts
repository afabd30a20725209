/** The demo's judge must see a double charge where there is one. Otherwise its column of zeros means nothing. */
import { afterEach, describe, expect, it } from 'vitest';
import { judge } from '../../demo/judge.mjs';
import { payPlainly } from '../../demo/plain-retry.mjs';
import {
  createMemoryLedger,
  type RunningFakeGateway,
  startFakeGateway,
} from '../../src/fake-gateway/index.ts';

let gateway: RunningFakeGateway | undefined;

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function start(faults: object = {}): Promise<string> {
  gateway = await startFakeGateway({ ledger: createMemoryLedger(), faults });
  return gateway.url;
}

async function charge(gatewayUrl: string, key: string, orderId: string): Promise<void> {
  const response = await fetch(`${gatewayUrl}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ reference: orderId, order_id: orderId, amount: 1000, currency: 'USD' }),
  });
  await response.text();
}

const ORDER = { order_id: 'A', amount: 1000, currency: 'USD' };
const NOTHING_WRONG = { chargedTwice: 0, failedButCharged: 0, paidButNotCharged: 0, changed: 0 };

describe('the judge', () => {
  it('counts an order that was charged under two keys', async () => {
    const gatewayUrl = await start();
    await charge(gatewayUrl, 'first', 'A');
    await charge(gatewayUrl, 'second', 'A');
    await charge(gatewayUrl, 'third', 'B');
    const answers = [
      { orderId: 'A', paid: true },
      { orderId: 'B', paid: true },
    ];
    const report = await judge({ answers, gatewayUrl });
    expect(report).toEqual({ ...NOTHING_WRONG, charges: 3, paid: 2, failed: 0, chargedTwice: 1 });
  });

  it('counts nothing where a key was sent twice and charged once', async () => {
    const gatewayUrl = await start();
    await charge(gatewayUrl, 'first', 'A');
    await charge(gatewayUrl, 'first', 'A');
    const report = await judge({ answers: [{ orderId: 'A', paid: true }], gatewayUrl });
    expect(report).toEqual({ ...NOTHING_WRONG, charges: 1, paid: 1, failed: 0 });
  });

  it('does not count a declined charge', async () => {
    const gatewayUrl = await start({ declined: 1 });
    await charge(gatewayUrl, 'first', 'A');
    await charge(gatewayUrl, 'second', 'A');
    const report = await judge({ answers: [{ orderId: 'A', paid: false }], gatewayUrl });
    expect(report).toEqual({ ...NOTHING_WRONG, charges: 0, paid: 0, failed: 1 });
  });

  it('counts a charge that was made after the last answer', async () => {
    const gatewayUrl = await start({ lands_late: { rate: 1, delay_ms: 300 } });
    await expect(charge(gatewayUrl, 'first', 'A')).rejects.toThrow();
    await expect(charge(gatewayUrl, 'second', 'A')).rejects.toThrow();
    const report = await judge({ answers: [{ orderId: 'A', paid: true }], gatewayUrl });
    expect(report).toMatchObject({ charges: 2, chargedTwice: 1 });
  });

  it('counts wrong and changed answers, each order once', async () => {
    const gatewayUrl = await start();
    await charge(gatewayUrl, 'first', 'A');
    const answers = [
      { orderId: 'A', paid: false, body: 'no' },
      { orderId: 'A', paid: false, body: 'no' },
      { orderId: 'B', paid: true, body: 'yes' },
      { orderId: 'B', paid: true, body: 'yes, really' },
    ];
    const report = await judge({ answers, gatewayUrl });
    expect(report).toEqual({
      charges: 1,
      paid: 1,
      failed: 1,
      chargedTwice: 0,
      failedButCharged: 1,
      paidButNotCharged: 1,
      changed: 1,
    });
  });
});

describe('the plain retry', () => {
  it('charges again after a charge whose answer was lost', async () => {
    const gatewayUrl = await start({ drop_after: 1 });
    const { answers, calls } = await payPlainly({ gatewayUrl, orders: [ORDER] });
    expect({ answers, calls }).toEqual({ answers: [{ orderId: 'A', paid: false }], calls: 4 });
    const report = await judge({ answers, gatewayUrl });
    expect(report).toMatchObject({ charges: 4, chargedTwice: 1, failedButCharged: 1 });
  });

  it('charges every order once at a gateway that answers well', async () => {
    const gatewayUrl = await start();
    const { answers, calls } = await payPlainly({ gatewayUrl, orders: [ORDER, { ...ORDER, order_id: 'B' }] });
    expect(calls).toBe(2);
    const report = await judge({ answers, gatewayUrl });
    expect(report).toEqual({ ...NOTHING_WRONG, charges: 2, paid: 2, failed: 0 });
  });

  it('stops after a decline', async () => {
    const gatewayUrl = await start({ declined: 1 });
    const { answers, calls } = await payPlainly({ gatewayUrl, orders: [ORDER] });
    expect({ answers, calls }).toEqual({ answers: [{ orderId: 'A', paid: false }], calls: 1 });
  });
});
