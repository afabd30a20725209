import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ask,
  type Charged,
  jsonOf,
  type Running,
  run,
  statusOf,
} from '../../../test/suites/fake-gateway.client.ts';
import { webhookKey } from '../../domain/standard-webhooks.ts';
import { createMemoryLedger } from '../index.ts';
import { webhookHeaders } from './sign.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Event {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Charged;
}
interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Event;
}

describe('webhooks', () => {
  let merchant: Server;
  let url: string;
  let received: Received[];
  /** The statuses of the merchant's next answers; 200 when there are none left. */
  let answers: number[];
  let far: Running;

  beforeEach(async () => {
    received = [];
    answers = [];
    merchant = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body, event: JSON.parse(body) as Event });
        response.writeHead(answers.shift() ?? 200, { location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    await far?.gateway.close();
    merchant.closeAllConnections();
    await new Promise((resolve) => merchant.close(resolve));
  });

  /** From here on the gateway's waits end when the test says so. */
  const holdTime = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
  };
  const start = async (faults: object = {}, retryDelaysMs: readonly number[] = [1, 1, 1]) => {
    far = await run({ faults, webhook: { url, secret: SECRET, retryDelaysMs } });
    return far;
  };
  const arrived = async (count: number) => {
    await expect.poll(() => received.length, { interval: 2 }).toBe(count);
    return received.map(({ event }) => event);
  };

  test('report a success, a decline and a refund, each with the whole charge', async () => {
    await start();
    const charge = jsonOf<Charged>(await far.charge('k1'));
    expect(await arrived(1)).toEqual([
      { type: 'charge.succeeded', timestamp: '2030-01-01T00:00:00.000Z', data: charge },
    ]);
    const declined = jsonOf<Charged>(await far.charge('k2', { method: 'tok_declined' }));
    expect((await arrived(2))[1]).toMatchObject({ type: 'charge.declined', data: declined });
    const refund = jsonOf(await far.refund(charge.id, 'r1', { amount: 1 }));
    expect((await arrived(4)).slice(2)).toMatchObject([
      { type: 'charge.refunded', data: { id: charge.id, refunded: 1 } },
      { type: 'refund.succeeded', timestamp: '2030-01-01T00:00:00.000Z', data: refund },
    ]);
    await far.refund(charge.id, 'r2', { amount: 1 });
    expect((await arrived(6))[4]).toMatchObject({
      type: 'charge.refunded',
      data: { id: charge.id, refunded: 2 },
    });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
  });

  test('are signed as Standard Webhooks are', async () => {
    await start();
    await far.charge('k1');
    await arrived(1);
    const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: '' }] = received;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers['webhook-timestamp']).toBe(String(Date.parse('2030-01-01T00:00:00Z') / 1000));
    expect(headers['content-type']).toBe('application/json');
  });

  test("the signature is the specification's own example", () => {
    const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const headers = webhookHeaders(
      key,
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test.each(['', 'whsec_', 'secret', 'whsec_%%%', `whsec_${Buffer.alloc(8).toString('base64')}`])(
    'the secret "%s" is refused',
    (secret) => {
      expect(() => webhookKey(secret)).toThrow(TypeError);
    },
  );

  test('report no replay, no refused call and no charge that was never made', async () => {
    await start();
    await far.charge('k1');
    await far.charge('k1');
    await far.charge('k1', { amount: 1 });
    await far.charge('k2', { method: 'tok_error' });
    await far.charge('k3', { method: 'tok_stale_500' });
    await far.charge('k4');
    const events = await arrived(2);
    expect(events.map(({ data }) => data.idempotency_key)).toEqual(['k1', 'k4']);
  });

  test('report a charge whose answer was lost', async () => {
    await start();
    await far.charge('k1', { method: 'tok_drop_after' });
    expect(await arrived(1)).toMatchObject([{ type: 'charge.succeeded', data: { idempotency_key: 'k1' } }]);
  });

  test.each([
    ['tok_pending', 'pending', 'charge.succeeded'],
    ['tok_pending_declined', 'pending_declined', 'charge.declined'],
    ['tok_lands_late', 'lands_late', 'charge.succeeded'],
  ])('%s is reported when it is decided', async (method, fault, type) => {
    await start({ [fault]: { delay_ms: 40 } });
    holdTime();
    await far.charge('k1', { method });
    vi.advanceTimersByTime(39);
    expect(received).toEqual([]);
    vi.advanceTimersByTime(1);
    const [event] = await arrived(1);
    expect(event).toMatchObject({ type, data: { status: type.slice('charge.'.length) } });
    expect(Date.parse(event?.timestamp ?? '') - Date.parse('2030-01-01T00:00:00Z')).toBe(40);
  });

  const REFUNDED = 'charge.refunded';
  test.each([
    ['tok_refund_declined', 'lookup_lag', ['refund.failed'], []],
    ['tok_refund_pending', 'refund_pending', [REFUNDED], ['refund.succeeded']],
    ['tok_refund_pending_failed', 'refund_pending_failed', [REFUNDED], ['refund.failed']],
    ['tok_refund_fails_later', 'refund_fails_later', [REFUNDED, 'refund.succeeded'], ['refund.failed']],
    ['tok_refund_lands_late', 'lands_late', [], [REFUNDED, 'refund.succeeded']],
    ['tok_refund_drop_after_once', 'lookup_lag', [REFUNDED, 'refund.succeeded'], []],
    ['tok_refund_error', 'lookup_lag', [], []],
    ['tok_refund_stale_500', 'lookup_lag', [], []],
  ])('of a refund by %s (%s) are %j, and after its delay %j', async (method, fault, first, later) => {
    await start({ [fault]: { delay_ms: 40 } });
    holdTime();
    const { id } = jsonOf<Charged>(await far.charge('k', { method }));
    await far.refund(id, 'r', { amount: 10 });
    await far.charge('after', { method: 'tok_visa' });
    const soon = await arrived(2 + first.length);
    expect(soon.map(({ type }) => type).sort()).toEqual(
      ['charge.succeeded', 'charge.succeeded', ...first].sort(),
    );
    vi.advanceTimersByTime(40);
    const events = (await arrived(2 + first.length + later.length)).slice(2 + first.length);
    expect(events.map(({ type }) => type).sort()).toEqual([...later].sort());
    for (const { type, data, timestamp } of events) {
      expect(timestamp).toBe('2030-01-01T00:00:00.040Z');
      expect(data).toMatchObject(
        type === REFUNDED ? { id, refunded: 10 } : { charge: id, status: type.slice('refund.'.length) },
      );
    }
  });

  test('of a refund that was to land late are not sent if nothing was left by then', async () => {
    const warnings: string[] = [];
    const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => {} };
    const faults = { lands_late: { rate: 1, delay_ms: 40 } };
    far = await run({ faults, log, webhook: { url, secret: SECRET } });
    holdTime();
    const { id } = jsonOf<Charged>(await far.charge('k', { method: 'tok_visa' }));
    expect(statusOf(await far.refund(id, 'late'))).toBe('broken');
    await ask(far.url, { method: 'PUT', path: '/_faults', body: {} });
    expect(statusOf(await far.refund(id, 'prompt'))).toBe(200);
    await arrived(3);
    vi.advanceTimersByTime(40);
    await far.charge('after');
    const events = await arrived(4);
    expect(events.map(({ type }) => type).sort()).toEqual([
      REFUNDED,
      'charge.succeeded',
      'charge.succeeded',
      'refund.succeeded',
    ]);
    expect(events.map(({ data }) => data.idempotency_key).sort()).toEqual(['after', 'k', 'k', 'prompt']);
    expect(warnings).toEqual([]);
  });

  test('of a refund are dropped, and that is logged, if the ledger cannot be read when they are due', async () => {
    const warnings: string[] = [];
    const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => {} };
    const ledger = createMemoryLedger();
    const faults = { refund_pending: { delay_ms: 40 } };
    far = await run({ ledger, faults, log, webhook: { url, secret: SECRET } });
    holdTime();
    const { id } = jsonOf<Charged>(await far.charge('k', { method: 'tok_refund_pending' }));
    await far.refund(id, 'r');
    await arrived(2);
    ledger.byId = () => Promise.reject(new Error('down'));
    vi.advanceTimersByTime(40);
    await expect.poll(() => warnings, { interval: 2 }).toEqual([expect.stringMatching(/^webhook dropped/)]);
  });

  test('are tried again with the same id and body until they are taken', async () => {
    await start();
    answers = [500, 302, 404];
    await far.charge('k1');
    await arrived(4);
    expect(new Set(received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    await far.charge('k2');
    expect((await arrived(5))[4]?.data.idempotency_key).toBe('k2');
  });

  test('are given up in the end, and that is logged once', async () => {
    const warnings: string[] = [];
    const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => {} };
    far = await run({ log, webhook: { url, secret: SECRET, retryDelaysMs: [1, 1] } });
    answers = [500, 500, 500, 200];
    await far.charge('k1');
    await expect.poll(() => warnings, { interval: 2 }).toEqual([expect.stringMatching(/^webhook given up/)]);
    expect(received).toHaveLength(3);
  });

  test('to a merchant that is down do not keep charges from being made', async () => {
    far = await run({ webhook: { url: 'http://127.0.0.1:1/', secret: SECRET, retryDelaysMs: [] } });
    const endings = await Promise.all(Array.from({ length: 50 }, (_, index) => far.charge(`k${index}`)));
    expect(endings.every((ending) => ending.kind === 'answer' && ending.status === 200)).toBe(true);
  });

  test('come twice, with one id, by token and by rate', async () => {
    await start();
    await far.charge('k1', { method: 'tok_webhook_duplicate' });
    await arrived(2);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: { webhook_duplicate: 1 } });
    await far.charge('k2');
    await arrived(4);
    expect(new Set(received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(2);
  });

  test('come late', async () => {
    await start({ webhook_late: { delay_ms: 60 } });
    holdTime();
    await far.charge('late', { method: 'tok_webhook_late' });
    await far.charge('prompt');
    await arrived(1);
    vi.advanceTimersByTime(60);
    expect((await arrived(2)).map(({ data }) => data.idempotency_key)).toEqual(['prompt', 'late']);
  });

  test('come out of order, or alone if nothing follows', async () => {
    await start({ webhook_out_of_order: { delay_ms: 5_000 } });
    const { id } = jsonOf<Charged>(await far.charge('k1', { method: 'tok_webhook_out_of_order' }));
    await ask(far.url, { path: `/charges/${id}/refunds`, key: 'r1', body: {} });
    const types = (await arrived(2)).map(({ type }) => type);
    expect(types).toEqual(['charge.refunded', 'charge.succeeded']);
    await far.gateway.close();

    await start({ webhook_out_of_order: { delay_ms: 20 } });
    await far.charge('k2', { method: 'tok_webhook_out_of_order' });
    expect((await arrived(3))[2]?.data.idempotency_key).toBe('k2');
  });

  test('are off unless they are configured', async () => {
    far = await run();
    await far.charge('k1', { method: 'tok_webhook_duplicate' });
    expect(received).toEqual([]);
  });
});
