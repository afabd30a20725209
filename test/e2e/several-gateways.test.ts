/** One service with three gateways, each with its own accounts: two Stripe accounts, and one whose key is refused. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { openEmptyDatabase } from '../postgres/world.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { FAST, startService } from './support/service.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const HOUR_MS = String(3_600_000);

async function payonce(databaseUrl: string, ...words: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: databaseUrl };
  const child = spawn(process.execPath, [CLI, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code, words.join(' ')).toBe(0);
  return out.trim();
}

/** `address`: where Payonce listens, once that is known. */
async function stripeFor(account: string, secret: string, address: () => string) {
  const stripe = await startFakeGateway({
    ledger: createMemoryLedger(),
    faults: { pending: { rate: 0, delay_ms: 300 }, refund_pending: { rate: 0, delay_ms: 300 } },
    stripe: {
      account,
      webhook: {
        get url() {
          return `${address()}/v1/gateways/stripe:${account}/webhooks`;
        },
        secret,
        retryDelaysMs: Array.from({ length: 100 }, () => 100),
      },
    },
  });
  onTestFinished(() => stripe.close());
  return stripe;
}

/** A gateway that refuses every key. Resolves to its address. */
async function startRefusing(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"type":"auth"}}');
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('each account is charged at its own gateway, and a key that is refused pauses nobody else', async () => {
  let address = '';
  const a = await stripeFor('acct_1A', 'whsec_a', () => address);
  const b = await stripeFor('acct_2B', 'whsec_b', () => address);
  const { url: DATABASE_URL } = await openEmptyDatabase();
  await payonce(DATABASE_URL, 'migrate');
  const keyOf = async (account: string): Promise<string> => {
    await payonce(DATABASE_URL, 'accounts', 'create', account);
    const scopes = ['--scopes', 'payments:read,payments:write,refunds:write'];
    return payonce(DATABASE_URL, 'keys', 'create', '--account', account, '--mode', 'test', ...scopes);
  };
  const GATEWAYS_FILE = join(makeTemporaryFolder(), 'gateways.json');
  const stripe = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: { env: 'STRIPE_KEY_OF_ALL' } };
  writeFileSync(
    GATEWAYS_FILE,
    JSON.stringify([
      {
        accounts: ['shop-a'],
        ...stripe,
        STRIPE_ACCOUNT: 'acct_1A',
        STRIPE_API_BASE: a.url,
        STRIPE_WEBHOOK_SECRET: 'whsec_a',
      },
      {
        accounts: ['shop-b'],
        ...stripe,
        STRIPE_ACCOUNT: 'acct_2B',
        STRIPE_API_BASE: b.url,
        STRIPE_WEBHOOK_SECRET: 'whsec_b',
      },
      {
        accounts: ['refused'],
        ...stripe,
        STRIPE_ACCOUNT: 'acct_3C',
        STRIPE_API_BASE: await startRefusing(),
      },
    ]),
  );
  const keys = { a: await keyOf('shop-a'), b: await keyOf('shop-b') };
  const [refused, nowhere] = [await keyOf('refused'), await keyOf('nowhere')];
  const { GATEWAY_LANDS_WITHIN_MS: _, ...fast } = FAST;
  const service = await startService({
    ...fast,
    DATABASE_URL,
    GATEWAYS_FILE,
    AUTH: 'required',
    STRIPE_KEY_OF_ALL: 'sk_test_any',
    // Only an event can settle what is pending.
    PENDING_POLL_MS: HOUR_MS,
    LOOKUP_BASE_MS: HOUR_MS,
    LOOKUP_CAP_MS: HOUR_MS,
  });
  // Nobody is shown a request that no gateway of his takes.
  expect(service.output()).toContain(`What it takes: ${service.url}/reference`);
  onTestFinished(() => service.kill());
  address = service.url;

  const send = async (key: string, path: string, body?: unknown, waitS = 60) => {
    const response = await fetch(`${service.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        prefer: `wait=${waitS}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const charge = (key: string, orderId: string, waitS?: number, method = 'pm_card_visa') =>
    send(key, '/v1/payments', { order_id: orderId, amount: 1000, currency: 'USD', method }, waitS);

  // The gateway of `refused` is paused after two orders. The others are charged all the same.
  for (const id of ['x1', 'x2', 'x3'])
    expect(await charge(refused, id, 0)).toMatchObject({ status: 202, body: { status: 'PROCESSING' } });
  await until('the pause', () => service.output().includes('calls_stopped'));
  const paid = [await charge(keys.a, 'o1'), await charge(keys.b, 'o1')];
  expect(paid.map(({ status, body }) => [status, body.status])).toEqual([
    [201, 'COMPLETED'],
    [201, 'COMPLETED'],
  ]);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);

  // A refund goes where its payment was made.
  const refund = await send(keys.b, `/v1/payments/${paid[1]?.body.payment_id}/refunds`, { refund_id: 'r1' });
  expect(refund).toMatchObject({ status: 201, body: { status: 'SUCCEEDED' } });

  expect(await charge(nowhere, 'o1')).toMatchObject({
    status: 422,
    body: { code: 'order_not_chargeable', detail: expect.stringContaining('account "nowhere"') },
  });

  // The address of events must say which of the gateways sends them.
  const events = (name: string) =>
    fetch(`${service.url}/v1/gateways/${name}/webhooks`, { method: 'POST', body: '{}' });
  expect((await events('stripe')).status).toBe(404);
  expect((await events('stripe:acct_2B')).status).not.toBe(404);
});
