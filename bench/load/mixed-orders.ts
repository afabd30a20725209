/**
 * New orders with duplicates among them, as clients make them: the same request again, or the same order under another key;
 * some while the first is still under way, some later.
 */
import { createOrders, freshKey, type OrderRequest } from './requests.ts';

export interface MixedOrders {
  next(): OrderRequest;
  /** From now on the order may be asked for again as one that was answered. */
  answered(orderId: string): void;
}

/** One request in five is a duplicate: half of them come right behind the first, half of them after its answer. */
const TWIN_PER_NEW_ORDER = 0.1 / 0.8;
const LATER_PER_OTHER_REQUEST = 0.1 / 0.9;
/** Duplicates are of recent orders: customers press the button twice within minutes, not next year. */
const REMEMBERED = 1000;

export function createMixedOrders(run: string, random: () => number): MixedOrders {
  const newOrder = createOrders(run);
  const keys = new Map<string, OrderRequest>();
  const recent: OrderRequest[] = [];
  let twin: OrderRequest | null = null;
  let remembered = 0;

  /** The same order again; half of them under the same key. */
  function again(order: OrderRequest): OrderRequest {
    return random() < 0.5 ? order : { ...order, key: freshKey(run) };
  }

  return {
    next() {
      if (twin !== null) {
        const order = again(twin);
        twin = null;
        return order;
      }
      const earlier = recent[Math.floor(random() * recent.length)];
      if (earlier !== undefined && random() < LATER_PER_OTHER_REQUEST) return again(earlier);
      const order = newOrder();
      keys.set(order.orderId, order);
      if (random() < TWIN_PER_NEW_ORDER) twin = order;
      return order;
    },
    answered(orderId) {
      const order = keys.get(orderId);
      if (order === undefined) return;
      keys.delete(orderId);
      recent[remembered % REMEMBERED] = order;
      remembered += 1;
    },
  };
}
