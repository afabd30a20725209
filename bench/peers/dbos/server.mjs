/** The payments endpoint on DBOS: one durable workflow a payment, behind Fastify. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import Fastify from 'fastify';
import { charge, paymentIdOf } from '../gateway.mjs';

const PATH = '/v1/payments';
/** A payment holds no connection while the gateway is called. More did not help on two cores. */
const POOL_SIZE = 32;
const DRAIN_MS = 3_000;
const SHUTDOWN_MS = 4_000;

const order = {
  type: 'object',
  additionalProperties: false,
  required: ['order_id', 'amount', 'currency'],
  properties: {
    order_id: { type: 'string', minLength: 1, maxLength: 255 },
    amount: { type: 'integer', minimum: 1 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    method: { type: 'string' },
  },
};

/** By status of the payment. */
const HTTP_STATUS = { COMPLETED: 200, DECLINED: 402, FAILED: 502 };

/**
 * DBOS stores the workflow with its input before this runs, the step's result when the gateway has answered,
 * and the workflow's result before the caller gets it. After a crash it goes on from what is stored.
 */
const pay = DBOS.registerWorkflow((input) => DBOS.runStep(() => charge(input), { name: 'charge' }), {
  name: 'pay',
});

const app = Fastify({
  forceCloseConnections: true,
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
});

app.post(PATH, { schema: { body: order } }, async (request, reply) => {
  // The order names the workflow: a second start of the same order joins the first one.
  const workflowID = paymentIdOf(request.body.order_id);
  const workflow = await DBOS.startWorkflow(pay, { workflowID })(request.body);
  // Only those who joined poll; a workflow that was started here resolves by itself.
  const payment = await workflow.getResult({ pollingIntervalMs: 50 });
  return reply.code(HTTP_STATUS[payment.status]).send(payment);
});

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(0), SHUTDOWN_MS);
  await app.close();
  await DBOS.shutdown({ workflowCompletionTimeoutMS: DRAIN_MS });
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

const log = (level) => (message) => process.stderr.write(`${level}: ${message}\n`);
const silent = () => {};

DBOS.setConfig({
  name: 'bench-payments',
  applicationVersion: '1',
  systemDatabaseUrl: process.env.DATABASE_URL,
  systemDatabasePoolSize: POOL_SIZE,
  logger: { debug: silent, info: silent, warn: log('warn'), error: log('error') },
});
await DBOS.launch();
const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.stdout.write(`${JSON.stringify({ ready: true, url, path: PATH })}\n`);
