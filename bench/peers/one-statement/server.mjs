/** The plain design that most people write: insert the payment, call the gateway, update the payment, answer. */
import { hash, randomFillSync, randomUUID } from 'node:crypto';
import fastify from 'fastify';
import { charge } from './gateway.mjs';
import { openStore } from './store.mjs';

const { PORT = '0', DATABASE_URL = '' } = process.env;
const PATH = '/v1/payments';
const CLOSE_MS = 2_000;

const order = {
  type: 'object',
  required: ['order_id', 'amount', 'currency'],
  additionalProperties: false,
  properties: {
    order_id: { type: 'string', minLength: 1, maxLength: 255 },
    amount: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    method: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
};

const store = await openStore(DATABASE_URL);
const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });

app.post(PATH, { schema: { body: order } }, async (request, reply) => {
  const { order_id: orderId, amount, currency, method } = request.body;
  const key = request.headers['idempotency-key'];
  const payment = {
    orderId,
    amount,
    currency,
    method,
    paymentId: timeOrderedId(),
    claimId: randomUUID(),
    gatewayKey: randomUUID(),
    keyHash: key === undefined ? null : dashed(hash('sha256', `${PATH}\n${key}`, 'hex')),
    fingerprint: hash('sha256', JSON.stringify([orderId, amount, currency, method]), 'hex'),
  };
  reply.header('content-type', 'application/json; charset=utf-8');
  if (!(await store.insert(payment))) return found(reply, await store.find(orderId));
  const outcome = await charge({ ...payment, reference: payment.paymentId });
  const answer = answerOf(payment, outcome);
  await store.settle(payment, outcome, answer);
  reply.code(statusOf(outcome));
  return answer;
});

/** An order that is sent again gets the stored payment; nobody waits for a payment that is under way. */
function found(reply, { payment_id, status, failure_code, answer }) {
  reply.code(status === 'COMPLETED' ? 200 : statusOf({ status, code: failure_code }));
  return answer ?? JSON.stringify({ payment_id, status });
}

function statusOf({ status, code }) {
  if (status === 'COMPLETED') return 201;
  if (status === 'PROCESSING') return 202;
  return code === 'card_declined' ? 402 : 502;
}

function answerOf({ paymentId, orderId, amount, currency }, { status, ref = null, code = null }) {
  return JSON.stringify({
    payment_id: paymentId,
    order_id: orderId,
    amount,
    currency,
    status,
    failure_code: code,
    gateway: 'http',
    gateway_ref: ref,
    created_at: new Date().toISOString(),
  });
}

/** A UUIDv7, as Payonce's ids are: rows that are made together lie together. */
function timeOrderedId() {
  const chance = randomFillSync(Buffer.alloc(10)).toString('hex');
  const time = Date.now().toString(16).padStart(12, '0');
  return dashed(`${time}7${chance.slice(0, 3)}8${chance.slice(3, 18)}`);
}

function dashed(hex) {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

const url = await app.listen({ port: Number(PORT), host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ ready: true, url, path: PATH })}\n`);

process.once('SIGTERM', async () => {
  await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
  process.exit(0);
});
