/** What real clients do: they send twice, are impatient, forget, and are sometimes wrong. */
import type { Exchange } from '../record.ts';
import { END_SCENARIOS } from './capture-scenarios.ts';
import type { Client } from './client.ts';
import type { KnownOrder, Terms, UsedKey, UsedRefund } from './memory.ts';
import { HANG_UP_MS, type OrderPlay, type Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  { name: 'new order', weight: 26, play: (client) => client.pay(client.memory.newOrder()) },
  {
    name: 'new order, no key',
    weight: 5,
    play: (client) => client.pay(client.memory.newOrder(), { key: null }),
  },
  { name: 'double click', weight: 14, play: doubleClick },
  { name: 'rivals', weight: 5, play: rivals },
  { name: 'replay', weight: 16, play: onKey((client, order, key) => client.pay(order, { key })) },
  {
    name: 'replay, reordered',
    weight: 3,
    play: onKey((client, order, key) => client.pay(order, { key, reordered: true })),
  },
  { name: 'another key', weight: 8, play: onOrder((client, order) => client.pay(order)) },
  { name: 'no key', weight: 5, play: onOrder((client, order) => client.pay(order, { key: null })) },
  { name: 'changed, same key', weight: 5, play: onKey(changedBody) },
  { name: 'changed, other key', weight: 4, play: onOrder(changedOrder) },
  { name: 'retry after failure', weight: 8, play: retryAfterFailure },
  { name: 'hang up', weight: 8, play: hangUp },
  { name: 'refund', weight: 14, play: onCompleted(refund) },
  { name: 'refund, double click', weight: 6, play: onCompleted(refundTwice) },
  { name: 'refund, hang up', weight: 5, play: onCompleted(hangUpRefund) },
  { name: 'refund again', weight: 10, play: onRefund((client, order, use) => client.refund(order, use)) },
  { name: 'refund, changed', weight: 4, play: onRefund(changedRefund) },
  {
    name: 'refund too early',
    weight: 2,
    play: onPayment(refund),
  },
  { name: 'read refunds', weight: 5, play: onRefund(readRefunds) },
  { name: 'not valid', weight: 3, play: notValid },
  {
    name: 'read',
    weight: 12,
    play: onPayment((client, order, id) => client.read(order, `/v1/payments/${id}`)),
  },
  {
    name: 'read events',
    weight: 5,
    play: onPayment((client, order, id) => client.read(order, `/v1/payments/${id}/events`)),
  },
  {
    name: 'find by order',
    weight: 3,
    play: onOrder((client, order) =>
      client.read(order, `/v1/payments?order_id=${encodeURIComponent(order.orderId)}`),
    ),
  },
  {
    name: 'list',
    weight: 2,
    play: (client) => client.read(null, `/v1/payments?limit=${client.random.int(1, 50)}`),
  },
  ...END_SCENARIOS,
];

/** The same request to both replicas at the same time, under one key. */
async function doubleClick(client: Client): Promise<Exchange[]> {
  const order = client.memory.newOrder();
  const key = client.memory.newKey(order);
  return Promise.all(client.targets.map((target) => client.pay(order, { key, target })));
}

/** Two amounts for one new order at the same time: at most one of them may ever be charged. */
async function rivals(client: Client): Promise<Exchange[]> {
  const order = client.memory.newOrder();
  const other = { ...order.terms, amount: order.terms.amount + 1 };
  const keys = [client.memory.newKey(order), client.memory.newKey(order, other)];
  const sent = client.targets.map((target, index) => client.pay(order, { key: keys[index] ?? null, target }));
  return Promise.all(sent);
}

async function changedBody(client: Client, order: KnownOrder, { key, terms }: UsedKey): Promise<unknown> {
  return client.pay(order, { key: { key, terms: changed(client, terms) } });
}

/** Gets a 409 or, if the order has FAILED, a new charge on other terms. Both are allowed. */
async function changedOrder(client: Client, order: KnownOrder): Promise<unknown> {
  const terms = changed(client, order.terms);
  return client.pay(order, {
    key: client.random.chance(0.5) ? client.memory.newKey(order, terms) : null,
    terms,
  });
}

function changed(client: Client, terms: Terms): Terms {
  if (client.random.chance(0.75)) return { ...terms, amount: terms.amount + client.random.int(1, 100) };
  const { captureMethod, ...others } = terms;
  if (client.random.chance(0.2))
    return captureMethod === undefined ? { ...terms, captureMethod: 'manual' } : others;
  return { ...terms, currency: terms.currency === 'USD' ? 'EUR' : 'USD' };
}

async function retryAfterFailure(client: Client): Promise<unknown> {
  const order = client.memory.recall(({ mayRetry }) => mayRetry);
  return order === null ? client.pay(client.memory.newOrder()) : client.pay(order);
}

async function hangUp(client: Client): Promise<unknown> {
  const order = client.random.chance(0.7) ? client.memory.newOrder() : client.memory.recall();
  const patienceMs = client.random.int(HANG_UP_MS.min, HANG_UP_MS.max);
  return client.pay(order ?? client.memory.newOrder(), { patienceMs });
}

async function refund(client: Client, order: KnownOrder): Promise<Exchange> {
  return client.refund(order, client.memory.newRefund(order));
}

/** The same refund from both replicas at the same time. */
async function refundTwice(client: Client, order: KnownOrder): Promise<Exchange[]> {
  const use = client.memory.newRefund(order);
  return Promise.all(client.targets.map((target) => client.refund(order, use, { target })));
}

/** Hangs up, and asks again for the same refund at the other replica, as a client does that lost the answer. */
async function hangUpRefund(client: Client, order: KnownOrder): Promise<Exchange> {
  const use = client.memory.newRefund(order);
  const patienceMs = client.random.int(HANG_UP_MS.min, HANG_UP_MS.max);
  await client.refund(order, use, { patienceMs });
  return client.refund(order, use);
}

async function changedRefund(client: Client, order: KnownOrder, use: UsedRefund): Promise<Exchange> {
  return client.refund(order, { ...use, amount: (use.amount ?? 0) + 1 });
}

async function readRefunds(client: Client, order: KnownOrder, use: UsedRefund): Promise<Exchange> {
  const list = `/v1/payments/${order.paymentId}/refunds`;
  const one = use.refundId === null ? '' : `/${encodeURIComponent(use.refundId)}`;
  return client.readRefunds(order, client.random.chance(0.5) ? list : `${list}${one}`);
}

/** A request that must be refused, for an order that no other client asks for. It must have no effect at all. */
async function notValid(client: Client): Promise<unknown> {
  const order = client.memory.newOrder();
  const { amount, currency } = order.terms;
  const body = client.random.pick([
    JSON.stringify({ order_id: order.orderId, amount: -amount, currency }),
    JSON.stringify({ order_id: order.orderId, amount: amount + 0.5, currency }),
    JSON.stringify({ order_id: order.orderId, amount, currency: 'usd' }),
    JSON.stringify({ order_id: order.orderId, amount, currency, surprise: true }),
    JSON.stringify({ order_id: order.orderId, amount, currency, method: '4242424242424242' }),
    `{"order_id":${JSON.stringify(order.orderId)},"amount":${amount},"amount":1,"currency":"USD"}`,
  ]);
  // Its order would be refused for ever, so no other scenario may use it.
  return client.send(order, { scenarioBody: body }).finally(() => client.memory.forget(order));
}

function onOrder(play: OrderPlay): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall();
    return order === null ? client.pay(client.memory.newOrder()) : play(client, order);
  };
}

function onCompleted(play: OrderPlay): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall(({ isCompleted, paymentId }) => isCompleted && paymentId !== null);
    return order === null ? client.pay(client.memory.newOrder()) : play(client, order);
  };
}

function onRefund(
  play: (client: Client, order: KnownOrder, use: UsedRefund) => Promise<unknown>,
): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall(({ refunds }) => refunds.length > 0);
    const [first, ...rest] = order?.refunds ?? [];
    if (order === null || first === undefined) return client.pay(client.memory.newOrder());
    return play(client, order, client.random.pick([first, ...rest]));
  };
}

function onKey(
  play: (client: Client, order: KnownOrder, key: UsedKey) => Promise<unknown>,
): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall(({ keys }) => keys.length > 0);
    const [first, ...rest] = order?.keys ?? [];
    if (order === null || first === undefined) return client.pay(client.memory.newOrder());
    return play(client, order, client.random.pick([first, ...rest]));
  };
}

function onPayment(
  play: (client: Client, order: KnownOrder, id: string) => Promise<unknown>,
): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall(({ paymentId }) => paymentId !== null);
    if (order === null || order.paymentId === null) return client.pay(client.memory.newOrder());
    return play(client, order, order.paymentId);
  };
}
