/** Clients as they really are: impatient, duplicated, and stubborn when the connection breaks. */
import { Agent, request } from 'undici';

/** A client asks again after this long when it got no answer. */
const ASK_AGAIN_MS = 200;

/**
 * Sends every order `copies` times at once under the order's key, as a retrying client does, and asks until each
 * copy has a final answer. `url` is a function: the server may come back elsewhere.
 */
export function payAll({ url, orders, copies, onSettled }) {
  const agent = new Agent({ connections: 200, pipelining: 1 });
  const settledOrders = new Set();
  let requests = 0;

  async function send(path, options) {
    requests += 1;
    const response = await request(`${url()}${path}`, { dispatcher: agent, ...options });
    return { status: response.statusCode, body: await response.body.text() };
  }

  async function pay(order) {
    const orderId = order.order_id;
    const headers = { 'content-type': 'application/json', 'idempotency-key': `key-${orderId}` };
    const body = JSON.stringify(order);
    for (;;) {
      const answer = await send('/v1/payments', { method: 'POST', headers, body }).catch(() => null);
      if (answer !== null && [200, 201, 402, 502].includes(answer.status)) {
        settledOrders.add(orderId);
        onSettled(settledOrders.size);
        return { orderId, paid: answer.status < 300, body: answer.body };
      }
      if (answer !== null && answer.status >= 400 && answer.status < 500) {
        throw new Error(`The server refused a good request: ${answer.status} ${answer.body}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  const all = orders.flatMap((order) => Array.from({ length: copies }, () => pay(order)));
  return {
    done: Promise.all(all).finally(() => agent.close()),
    settled: () => settledOrders.size,
    requests: () => requests,
  };
}
