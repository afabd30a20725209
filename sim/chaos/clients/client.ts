import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Exchange } from '../record.ts';
import type { Line, Question, Target } from './http.ts';
import {
  createMemory,
  type KnownOrder,
  type Memory,
  type Terms,
  type UsedEnding,
  type UsedKey,
  type UsedRefund,
} from './memory.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

export interface PayOptions {
  /** Null: no key. Default: a new one. */
  readonly key?: UsedKey | null;
  /** Default: those of the key, or of the order. */
  readonly terms?: Terms;
  /** Default: one of the two. */
  readonly target?: Target;
  readonly patienceMs?: number;
  /** Sends the fields in another order and with spaces. It is still the same request. */
  readonly reordered?: boolean;
}

/** Of a request for a refund, a capture or a void. */
export interface FollowUpOptions {
  /** Default: one of the two. */
  readonly target?: Target;
  readonly patienceMs?: number;
}

export interface Client {
  readonly memory: Memory;
  readonly random: Random;
  readonly targets: readonly [Target, ...Target[]];
  pay(order: KnownOrder, options?: PayOptions): Promise<Exchange>;
  /** Asks for a refund of a payment that is known. */
  refund(order: KnownOrder, use: UsedRefund, options?: FollowUpOptions): Promise<Exchange>;
  /** Asks for a capture or a void of a payment that is known. */
  end(order: KnownOrder, use: UsedEnding, options?: FollowUpOptions): Promise<Exchange>;
  /** Sends exactly this body. */
  send(order: KnownOrder, options: { readonly scenarioBody: string }): Promise<Exchange>;
  read(order: KnownOrder | null, path: string): Promise<Exchange>;
  /** Reads a refund, or all refunds of the payment. */
  readRefunds(order: KnownOrder, path: string): Promise<Exchange>;
  /** Reads the last capture or void of the payment, or its events. */
  readEnding(order: KnownOrder, path: string): Promise<Exchange>;
}

export interface ClientOptions {
  readonly name: string;
  readonly random: Random;
  readonly line: Line;
  readonly targets: readonly [Target, ...Target[]];
  readonly signal: AbortSignal;
  /** What a new order is for. */
  readonly drawTerms: (random: Random) => Terms;
}

/** The time between two scenarios of one client. Sixteen clients then send about forty requests a second. */
const THINK_MS = { min: 40, max: 320 };
const WAITS = ['wait=1', 'wait=2', 'wait=4', 'wait=0', 'respond-async'] as const;

/** Plays one scenario after the other until the signal is aborted. */
export async function runClient(options: ClientOptions): Promise<void> {
  const { name, random, line, targets, signal, drawTerms } = options;
  let scenario: Scenario | null = null;
  const memory = createMemory(name, random, drawTerms);

  const ask = (question: Omit<Question, 'client' | 'scenario'>): Promise<Exchange> =>
    line.ask({ client: name, scenario: scenario?.name ?? '', ...question });

  const client: Client = {
    memory,
    random,
    targets,
    async pay(order, { key = memory.newKey(order), terms, target = random.pick(targets), ...rest } = {}) {
      const body = bodyOf(order, terms ?? key?.terms ?? order.terms, rest.reordered === true);
      const exchange = await ask({
        target,
        method: 'POST',
        path: '/v1/payments',
        orderId: order.orderId,
        key: key?.key ?? null,
        body,
        prefer: random.pick(WAITS),
        ...(rest.patienceMs === undefined ? {} : { patienceMs: rest.patienceMs }),
      });
      memory.learn(order, exchange);
      return exchange;
    },
    refund(order, { key, refundId, amount }, { target = random.pick(targets), ...rest } = {}) {
      const terms = { amount: amount ?? undefined, refund_id: refundId ?? undefined };
      const path = `/v1/payments/${order.paymentId}/refunds`;
      const body = JSON.stringify(terms);
      const prefer = random.pick(WAITS);
      return ask({ target, method: 'POST', path, orderId: order.orderId, key, body, prefer, ...rest });
    },
    async end(order, { operation, key, amount }, { target = random.pick(targets), ...rest } = {}) {
      const path = `/v1/payments/${order.paymentId}/${operation}`;
      // A body without a field may be left out.
      const body =
        amount === null && random.chance(0.5) ? null : JSON.stringify({ amount: amount ?? undefined });
      const prefer = random.pick(WAITS);
      const { orderId } = order;
      const exchange = await ask({ target, method: 'POST', path, orderId, key, body, prefer, ...rest });
      memory.learnEnding(order, exchange);
      return exchange;
    },
    send: (order, { scenarioBody: body }) =>
      ask({
        target: random.pick(targets),
        method: 'POST',
        path: '/v1/payments',
        orderId: order.orderId,
        body,
      }),
    async read(order, path) {
      const orderId = order?.orderId ?? null;
      const exchange = await ask({ target: random.pick(targets), method: 'GET', path, orderId });
      if (order !== null) memory.learn(order, exchange);
      return exchange;
    },
    readRefunds: ({ orderId }, path) => ask({ target: random.pick(targets), method: 'GET', path, orderId }),
    readEnding: ({ orderId }, path) => ask({ target: random.pick(targets), method: 'GET', path, orderId }),
  };

  while (!signal.aborted) {
    scenario = draw(random);
    await scenario.play(client);
    await pause(random.int(THINK_MS.min, THINK_MS.max), undefined, { signal }).catch(() => {});
  }
}

function bodyOf({ orderId }: KnownOrder, terms: Terms, reordered: boolean): string {
  const { amount, currency, method, metadata, captureMethod: capture_method } = terms;
  if (reordered)
    return JSON.stringify({ currency, metadata, method, capture_method, amount, order_id: orderId }, null, 1);
  return JSON.stringify({ order_id: orderId, amount, currency, method, metadata, capture_method });
}

const TOTAL_WEIGHT = SCENARIOS.reduce((sum, { weight }) => sum + weight, 0);

function draw(random: Random): Scenario {
  let left = random.float() * TOTAL_WEIGHT;
  const found = SCENARIOS.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return found ?? (SCENARIOS[0] as Scenario);
}
