/** What clients do with money that is authorised first: they capture and void, twice, at once, too much and too late. */
import type { Exchange } from '../record.ts';
import type { Client } from './client.ts';
import type { KnownOrder, UsedEnding } from './memory.ts';
import { HANG_UP_MS, type OrderPlay, type Scenario } from './scenario.ts';

export const END_SCENARIOS: readonly Scenario[] = [
  { name: 'authorise, then end it', weight: 14, play: authorizeAndEnd },
  { name: 'capture', weight: 7, play: onAuthorized(one('capture')) },
  { name: 'capture, double click', weight: 4, play: onAuthorized(twice('capture')) },
  { name: 'capture, rivals', weight: 3, play: onAuthorized(rivals) },
  { name: 'capture, hang up', weight: 4, play: onAuthorized(hangUp('capture')) },
  { name: 'capture too much', weight: 1, play: onAuthorized(captureTooMuch) },
  { name: 'void', weight: 3, play: onAuthorized(one('void')) },
  { name: 'void, double click', weight: 2, play: onAuthorized(twice('void')) },
  { name: 'void, hang up', weight: 2, play: onAuthorized(hangUp('void')) },
  { name: 'void beside a capture', weight: 5, play: onAuthorized(beside) },
  { name: 'capture or void again', weight: 8, play: onEnded((client, order, use) => client.end(order, use)) },
  { name: 'capture, changed', weight: 4, play: onEnded(changed) },
  { name: 'capture or void, other key', weight: 4, play: onEnded(otherwise) },
  { name: 'void too late or too early', weight: 1, play: onPayment(one('void')) },
  { name: 'capture too late or too early', weight: 2, play: onPayment(one('capture')) },
  {
    name: 'refund what is authorised',
    weight: 1,
    play: onAuthorized((client, order) => client.refund(order, client.memory.newRefund(order))),
  },
  { name: 'read what is authorised', weight: 4, play: onManual(readPayment) },
  { name: 'read a capture or void', weight: 5, play: onManual(readEnding) },
];

/** How often the client asks what became of the charge before it does something else. */
const MOST_ASKS = 4;

/** What a shop does: it asks until the money is held, and then captures or voids at once. */
async function authorizeAndEnd(client: Client): Promise<unknown> {
  const order = client.memory.newOrder();
  order.terms = { ...order.terms, captureMethod: 'manual' };
  const key = client.memory.newKey(order);
  for (let asks = 0; asks < MOST_ASKS && !order.isAuthorized; asks += 1) await client.pay(order, { key });
  if (!order.isAuthorized) return;
  const play = client.random.pick([
    ...([one('capture'), twice('capture'), rivals, hangUp('capture')] as const),
    ...([beside, beside, one('void'), twice('void'), hangUp('void')] as const),
  ]);
  return play(client, order);
}

function one(operation: UsedEnding['operation']): OrderPlay {
  return (client, order) => client.end(order, client.memory.newEnding(order, operation));
}

/** The same from both replicas at the same time. */
function twice(operation: UsedEnding['operation']): OrderPlay {
  return (client, order) => {
    const use = client.memory.newEnding(order, operation);
    return Promise.all(client.targets.map((target) => client.end(order, use, { target })));
  };
}

/** Two amounts at the same time, from both replicas. */
function rivals(client: Client, order: KnownOrder): Promise<Exchange[]> {
  return Promise.all(
    client.targets.map((target) => client.end(order, client.memory.newEnding(order, 'capture'), { target })),
  );
}

/** A capture and a void at the same time: one wins, and both clients must be told which. */
function beside(client: Client, order: KnownOrder): Promise<Exchange[]> {
  const [first, second] = client.random.shuffle(['capture', 'void'] as const).map((operation) => {
    return client.end(order, client.memory.newEnding(order, operation));
  });
  return Promise.all([first, second].flatMap((asked) => (asked === undefined ? [] : [asked])));
}

/** Hangs up, and asks for the same again. */
function hangUp(operation: UsedEnding['operation']): OrderPlay {
  return async (client, order) => {
    const use = client.memory.newEnding(order, operation);
    const patienceMs = client.random.int(HANG_UP_MS.min, HANG_UP_MS.max);
    await client.end(order, use, { patienceMs });
    return client.end(order, use);
  };
}

function captureTooMuch(client: Client, order: KnownOrder): Promise<Exchange> {
  return client.end(order, {
    ...client.memory.newEnding(order, 'capture'),
    amount: order.terms.amount + client.random.int(1, 1_000),
  });
}

/** Another amount under the same key. A void has none, so it is only asked for again. */
function changed(client: Client, order: KnownOrder, use: UsedEnding): Promise<Exchange> {
  if (use.operation === 'void') return client.end(order, use);
  return client.end(order, { ...use, amount: (use.amount ?? 0) + 1 });
}

/** The same under another key, or without one. */
function otherwise(client: Client, order: KnownOrder, use: UsedEnding): Promise<Exchange> {
  const { key } = client.memory.newEnding(order, use.operation);
  return client.end(order, { ...use, key });
}

function readPayment(client: Client, order: KnownOrder): Promise<Exchange> {
  return client.read(order, `/v1/payments/${order.paymentId}`);
}

function readEnding(client: Client, order: KnownOrder): Promise<Exchange> {
  const operation = client.random.pick(['capture', 'void'] as const);
  const events = client.random.chance(0.3) ? '/events' : '';
  return client.readEnding(order, `/v1/payments/${order.paymentId}/${operation}${events}`);
}

function onAuthorized(play: OrderPlay): Scenario['play'] {
  return on(({ isAuthorized }) => isAuthorized, play);
}

function onManual(play: OrderPlay): Scenario['play'] {
  return on(({ terms }) => terms.captureMethod === 'manual', play);
}

function onPayment(play: OrderPlay): Scenario['play'] {
  return on(() => true, play);
}

function onEnded(
  play: (client: Client, order: KnownOrder, use: UsedEnding) => Promise<unknown>,
): Scenario['play'] {
  return on(
    ({ endings }) => endings.length > 0,
    (client, order) => {
      const [first, ...rest] = order.endings;
      return first === undefined
        ? Promise.resolve()
        : play(client, order, client.random.pick([first, ...rest]));
    },
  );
}

/** Of one of the payments that fit. If there is none, an order is made that may. */
function on(fits: (order: KnownOrder) => boolean, play: OrderPlay): Scenario['play'] {
  return (client) => {
    const order = client.memory.recall((known) => known.paymentId !== null && fits(known));
    return order === null ? client.pay(client.memory.newOrder()) : play(client, order);
  };
}
