/**
 * The ceiling: what any service at this place in the chain must do at least. It validates the order, passes it on under
 * the key that it came with, and returns what the gateway said. It stores nothing, retries nothing and promises nothing.
 *
 * The validation is Payonce's own, so that the two differ in what is kept and promised, not in how well they read. All the
 * rest is as plain as Fastify and undici allow.
 */
import fastify from 'fastify';
import { Pool } from 'undici';
import { readIdempotencyKey } from '../../../dist/http/idempotency-key.js';
import { parseJson } from '../../../dist/http/json.js';
import { parseOrder } from '../../../dist/http/order.js';

const { PORT = '0', GATEWAY_URL = '' } = process.env;

const gateway = new URL(GATEWAY_URL);
const chargesPath = `${gateway.pathname.replace(/\/$/, '')}/charges`;
// As in Payonce's own adapter.
const pool = new Pool(gateway.origin, {
  connections: 256,
  pipelining: 1,
  keepAliveTimeout: 4_000,
  headersTimeout: 10_000,
  bodyTimeout: 10_000,
});

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
);

app.post('/v1/payments', async (request, reply) => {
  const json = parseJson(request.body);
  const parsed = json.kind === 'value' ? parseOrder(json.value) : json;
  const header = readIdempotencyKey(request.raw.rawHeaders);
  if (parsed.kind !== 'order' || header.kind !== 'key')
    return reply.code(400).send({ error: 'invalid_request' });
  const { orderId, amountMinor: amount, currency, method } = parsed.order;
  const answer = await pool.request({
    method: 'POST',
    path: chargesPath,
    headers: { 'content-type': 'application/json', 'idempotency-key': header.key },
    body: JSON.stringify({ amount, currency, reference: orderId, order_id: orderId, method }),
  });
  const charge = await answer.body.json();
  if (answer.statusCode !== 200) return reply.code(502).send({ error: 'Gateway error' });
  reply.code(201);
  return { order_id: orderId, amount, currency, status: 'COMPLETED', gateway_ref: charge.id };
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
const url = `http://127.0.0.1:${app.addresses()[0].port}`;
process.stdout.write(`${JSON.stringify({ ready: true, url, path: '/v1/payments' })}\n`);

process.once('SIGTERM', async () => {
  await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
  process.exit(0);
});
