/** Clients as they are: impatient, doubled, and stubborn when the connection breaks. */
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

  async function pay(order, copy) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `demo-${order}` };
    const body = JSON.stringify({ order_id: `DEMO-${order}`, amount: 1000 + order, currency: 'USD' });
    for (;;) {
      const answer = await send('/v1/payments', { method: 'POST', headers, body }).catch(() => null);
      if (answer !== null && [200, 201, 402, 502].includes(answer.status)) {
        settledOrders.add(order);
        onSettled(settledOrders.size);
        return { order, copy, ...answer };
      }
      if (answer !== null && answer.status >= 400 && answer.status < 500) {
        throw new Error(`The server refused a good request: ${answer.status} ${answer.body}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  const all = [];
  for (let order = 0; order < orders; order += 1) {
    for (let copy = 0; copy < copies; copy += 1) all.push(pay(order, copy));
  }
  return {
    done: Promise.all(all).finally(() => agent.close()),
    settled: () => settledOrders.size,
    requests: () => requests,
  };
}
