/** Gives the judge of the chaos runs what happened on a stage. It sees everything from outside only. */

import { inParallel } from '../../../sim/chaos/in-parallel.ts';
import type { PaymentEvent } from '../../../sim/chaos/judge/case.ts';
import { groupBy } from '../../../sim/chaos/judge/case.ts';
import { readAllRefunds, readEvents, readPayments } from '../../../sim/chaos/judge/collect.ts';
import { judge as judgeCase } from '../../../sim/chaos/judge/judge.ts';
import type { Exchange } from '../../../sim/chaos/record.ts';
import { headline } from '../../../sim/chaos/report.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { shown } from '../gateway/ledger.ts';

const MAX_CALLS = 4;

/** A client gets these codes only if a test causes them, and that test checks them itself. */
const OWN_CODES = /"code":"(result_expired|store_refused)"/;

export interface Facts {
  /** The service's address. */
  readonly url: string;
  readonly observed: readonly Exchange[];
  readonly gateway: Gateway;
  readonly installationId: string;
  readonly leaseMs: number;
}

export async function judge({ url, observed, gateway, installationId, leaseMs }: Facts): Promise<string[]> {
  const { ledger } = gateway;
  const payments = await readPayments(url);
  const events = new Map<string, readonly PaymentEvent[]>();
  await inParallel(payments, 16, async ({ payment_id: id }) => {
    events.set(id, await readEvents(url, id));
  });
  const found = judgeCase({
    installationId,
    leaseMs,
    forgotten: [],
    clockSteps: [],
    state: {
      payments,
      events,
      ledger: ledger.charges.map(shown),
      ...(await readAllRefunds([url], payments)),
      endings: new Map(),
    },
    exchanges: observed.filter(({ text }) => !OWN_CODES.test(text)),
    calls: ledger.requests.map(({ key, body, atMs }) => ({
      ...{ key, atMs, leftMs: atMs, hungUpMs: null, replica: 'any' },
      ...{ reference: body.reference, orderId: body.order_id, amount: body.amount, currency: body.currency },
    })),
    endCalls: [],
    refundCalls: gateway.refunds.requests.map(({ key, chargeId, amount, atMs }) => ({
      ...{ key, chargeId, amount: amount ?? 0 },
      ...{ atMs, leftMs: atMs, hungUpMs: null, replica: 'any' },
    })),
  });
  const strange = ledger.strange.map((what) => `strange request: ${what}`);
  // Each test checks itself how its payments end.
  const broken = found.filter(({ kind }) => kind !== 'unsettled').map(headline);
  const called = [...groupBy(ledger.requests, ({ key }) => key).values()];
  const tooOften = called.flatMap((requests) => {
    const { order_id: orderId } = requests[0]?.body ?? {};
    const payment = payments.find(({ order_id }) => order_id === orderId);
    const trail = events.get(payment?.payment_id ?? '') ?? [];
    const attempts = requests.length - trail.filter(({ type }) => type === 'call.forbidden').length;
    return attempts > MAX_CALLS ? [`${orderId}: ${attempts} calls under one key`] : [];
  });
  return [...strange, ...broken, ...tooOften];
}
