/** What one client remembers of its orders. */
import type { Random } from '../random.ts';
import type { Exchange } from '../record.ts';

export interface Terms {
  readonly amount: number;
  readonly currency: string;
  readonly method?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Absent: the money is taken at once. */
  readonly captureMethod?: 'manual';
}

export interface UsedKey {
  readonly key: string;
  readonly terms: Terms;
}

/** A refund that was asked for. The same one is asked for again with the same three. */
export interface UsedRefund {
  readonly key: string | null;
  readonly refundId: string | null;
  /** Null: all that is left. */
  readonly amount: number | null;
}

/** A capture or a void that was asked for. */
export interface UsedEnding {
  readonly operation: 'capture' | 'void';
  readonly key: string | null;
  /** Null: all that is authorised, as for every void. */
  readonly amount: number | null;
}

export interface KnownOrder {
  readonly orderId: string;
  readonly keys: UsedKey[];
  readonly refunds: UsedRefund[];
  readonly endings: UsedEnding[];
  terms: Terms;
  paymentId: string | null;
  /** The last answer said that a new key may be tried. */
  mayRetry: boolean;
  /** It was COMPLETED when it was last heard of. */
  isCompleted: boolean;
  /** It was AUTHORIZED when it was last heard of. */
  isAuthorized: boolean;
}

export interface Memory {
  newOrder(): KnownOrder;
  newKey(order: KnownOrder, terms?: Terms): UsedKey;
  /** Of a part of the order, or of all that is left; named by an id, by a key, or by both. */
  newRefund(order: KnownOrder): UsedRefund;
  /** A capture of all or of a part, or a void, with a key or without. */
  newEnding(order: KnownOrder, operation: UsedEnding['operation']): UsedEnding;
  /** One of the orders that fit, more often a recent one. Null: none fits. */
  recall(fits?: (order: KnownOrder) => boolean): KnownOrder | null;
  learn(order: KnownOrder, exchange: Exchange): void;
  /** From the answer to a request for a capture or a void. */
  learnEnding(order: KnownOrder, exchange: Exchange): void;
  forget(order: KnownOrder): void;
}

/** Enough for replays of old keys. A limit is needed so that a client does not grow for an hour. */
const MAX_ORDERS = 300;
/** How many orders are authorised first, besides those of a scenario of their own. */
const MANUAL = 0.1;
/** Awkward in addresses, headers and logs, but well-formed. */
const ODD_ENDINGS = ['', ' ü/?%&#', '"\\', '-日本', "';--"] as const;

/** What a client orders from a gateway that takes any method. */
export function drawTerms(random: Random): Terms {
  return {
    amount: random.int(1, 50_000),
    currency: random.chance(0.85) ? 'USD' : random.pick(['EUR', 'JPY', 'KWD']),
    ...(random.chance(0.5) ? { method: `tok_chaos_${random.int(1, 9)}` } : {}),
    ...(random.chance(0.2) ? { metadata: { basket: String(random.int(1, 999)) } } : {}),
  };
}

export function createMemory(client: string, random: Random, draw: (random: Random) => Terms): Memory {
  const orders: KnownOrder[] = [];
  let count = 0;
  let keys = 0;

  return {
    newOrder() {
      count += 1;
      const ending = random.chance(0.1) ? random.pick(ODD_ENDINGS) : '';
      const order: KnownOrder = {
        orderId: `${client}-${count}${ending}`,
        keys: [],
        refunds: [],
        endings: [],
        terms: { ...draw(random), ...(random.chance(MANUAL) ? { captureMethod: 'manual' as const } : {}) },
        paymentId: null,
        mayRetry: false,
        isCompleted: false,
        isAuthorized: false,
      };
      orders.push(order);
      if (orders.length > MAX_ORDERS) orders.shift();
      return order;
    },
    newKey(order, terms = order.terms) {
      keys += 1;
      const used = { key: `${client}-key-${keys}`, terms };
      order.keys.push(used);
      return used;
    },
    newRefund(order) {
      keys += 1;
      const name = `${client}-refund-${keys}`;
      const ending = random.chance(0.1) ? random.pick(ODD_ENDINGS) : '';
      const named = random.pick(['id', 'key', 'both'] as const);
      const used = {
        key: named === 'id' ? null : name,
        refundId: named === 'key' ? null : `${name}${ending}`,
        amount: random.chance(0.2) ? null : random.int(1, Math.ceil(order.terms.amount / random.int(1, 4))),
      };
      order.refunds.push(used);
      return used;
    },
    newEnding(order, operation) {
      keys += 1;
      const used = {
        operation,
        key: random.chance(0.6) ? `${client}-${operation}-${keys}` : null,
        amount: operation === 'void' || random.chance(0.4) ? null : random.int(1, order.terms.amount),
      };
      order.endings.push(used);
      return used;
    },
    recall(fits = () => true) {
      const candidates = orders.filter(fits);
      // The square of a uniform number is mostly small, so recent orders are picked more often.
      const back = Math.floor(random.float() ** 2 * candidates.length);
      return candidates[candidates.length - 1 - back] ?? null;
    },
    learn(order, { status, text }) {
      if (status === null || !text.startsWith('{')) return;
      const body = JSON.parse(text) as Record<string, unknown>;
      if (typeof body.payment_id !== 'string') return;
      order.paymentId = body.payment_id;
      order.mayRetry = body.safe_to_retry_with_new_key === true;
      order.isCompleted = body.status === 'COMPLETED';
      order.isAuthorized = body.status === 'AUTHORIZED';
    },
    learnEnding(order, { status, text }) {
      if (status !== 200 && status !== 201) return;
      order.isAuthorized = false;
      order.isCompleted = (JSON.parse(text) as Record<string, unknown>).operation === 'capture';
    },
    forget(order) {
      const index = orders.indexOf(order);
      if (index >= 0) orders.splice(index, 1);
    },
  };
}
