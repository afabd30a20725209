/** A cache on the way to Stripe that ignores what a request forbids it, adds no header, and writes a new `Date` (as nginx does). */
import {
  createServer,
  request as httpRequest,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { stripeGateway } from '../../src/gateways/stripe/index.ts';
import { runStripe } from '../suites/stripe.client.ts';
import { CHARGE, REFUND } from '../support/stripe-answers.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };

interface Kept {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Keeps every answer to a GET for ever, by its address. Resolves with its own address. */
async function openSilentCache(target: string): Promise<string> {
  const kept = new Map<string, Kept>();
  const answerWith = (response: ServerResponse, { status, headers, body }: Kept) =>
    response.writeHead(status, headers).end(body);
  const server = createServer((question, response) => {
    const { method, url = '/' } = question;
    const old = method === 'GET' ? kept.get(url) : undefined;
    if (old !== undefined) {
      answerWith(response, old);
      return;
    }
    const far = httpRequest(
      new URL(url, target),
      { method, headers: question.headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const { date: _date, connection: _connection, ...headers } = answer.headers;
          const made = { status: answer.statusCode ?? 500, headers, body: Buffer.concat(chunks) };
          if (method === 'GET') kept.set(url, made);
          answerWith(response, made);
        });
      },
    );
    question.pipe(far);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A charge at the fake gateway, behind such a cache. */
async function chargeBehindCache(captureMethod?: 'manual') {
  const stripe = await runStripe();
  onTestFinished(() => stripe.far.gateway.close());
  const apiBase = await openSilentCache(stripe.far.url);
  const gateway = await stripeGateway({ secretKey: 'sk_test_fake', apiBase });
  onTestFinished(() => gateway.close());
  const { handle: _handle, ...order } = { ...CHARGE, ...(captureMethod && { captureMethod }) };
  const prepared = await gateway.twoSteps?.prepare({ ...order, prepareKey: 'prepare-key' }, call);
  if (prepared?.kind !== 'prepared') throw new Error('There is no intent.');
  const { handle } = prepared;
  expect(await gateway.call({ ...order, handle }, call)).toMatchObject({ kind: 'approved' });
  return { gateway, effect: { ...REFUND, chargeRef: handle } };
}

test('a refund is found, though a cache has the list from before it', async () => {
  const { gateway, effect } = await chargeBehindCache();
  expect(await gateway.refunds?.lookup(effect, call)).toEqual({ kind: 'absent' });
  await gateway.refunds?.call(effect, call);
  expect(await gateway.refunds?.lookup(effect, call)).toMatchObject({ kind: 'succeeded' });
});

test('a capture is found, though a cache has the intent from before it', async () => {
  const { gateway, effect } = await chargeBehindCache('manual');
  expect(await gateway.captures?.capture.lookup(effect, call)).toEqual({ kind: 'absent' });
  await gateway.captures?.capture.call(effect, call);
  expect(await gateway.captures?.capture.lookup(effect, call)).toMatchObject({ kind: 'succeeded' });
});
