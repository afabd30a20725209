/**
 * A checkout with 3-D Secure, and a page for the staff. The account's keys (PAYONCE_API_KEY, PAYONCE_READ_KEY) stay in this process: no page ever gets one.
 *
 *   FAKE_STRIPE=http://127.0.0.1:8001/stripe node examples/checkout/server.mjs
 */
import { readdir, readFile } from 'node:fs/promises';
import fastify from 'fastify';
import { createClient } from 'payonce/client';

const baseUrl = process.env.PAYONCE_URL ?? 'http://127.0.0.1:8000';
const payonce = createClient({ baseUrl, apiKey: process.env.PAYONCE_API_KEY });
const ORDER = { orderId: process.env.ORDER_ID ?? 'ORD1', amountMinor: 10_000, currency: 'USD' };
const TYPES = { html: 'text/html', js: 'text/javascript' };
const CLIENT = new URL('.', import.meta.resolve('payonce/client'));
const app = fastify();

/** Serves the files of a folder that are named, and no others. */
function serve(prefix, folder, names) {
  for (const name of names)
    app.get(prefix + name, async (_request, reply) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      reply.type(TYPES[name.split('.').at(-1)]);
      return text.replace('FAKE_STRIPE', process.env.FAKE_STRIPE ?? '');
    });
}
serve('/', import.meta.url, ['checkout.html', 'checkout.js', 'stripe-stub.js', 'staff.html', 'staff.js']);
const modules = (await readdir(CLIENT)).filter((name) => name.endsWith('.js'));
serve('/payonce-client/', CLIENT, modules);

// Called until it is no longer pending. The same attempt is the same charge.
app.post('/pay', async ({ body }) => {
  const { method, attempt } = body;
  const result = await payonce.charge({ ...ORDER, method }, { attempt, deadlineMs: 5000 });
  const { outcome } = result;
  return { outcome, nextAction: outcome === 'pending' && 'nextAction' in result ? result.nextAction : null };
});

// Staff may read payments, and nothing else. Put your own login in front. This key has the scope payments:read only.
app.get('/payonce/v1/*', async (request, reply) => {
  const target = new URL(request.url.slice('/payonce'.length), baseUrl);
  if (!/^\/v1\/payments(\/|$)/.test(target.pathname)) return reply.code(404).send();
  const key = process.env.PAYONCE_READ_KEY;
  const answer = await fetch(target, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  reply.code(answer.status).type(answer.headers.get('content-type') ?? 'text/plain');
  return reply.send(await answer.text());
});

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
process.stdout.write(`The shop is at ${url}/checkout.html\n`);
