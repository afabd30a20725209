import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  type Books,
  type Charged,
  chargeBody,
  jsonOf,
  type Running,
  run,
  statusOf,
} from '../../../test/suites/fake-gateway.client.ts';
import { createFakeGateway, createMemoryLedger, DEMO_FAULTS, startFakeGateway } from '../index.ts';
import { isLoopback, refusalOf } from './caller.ts';

describe('who may judge', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
    '%s is this machine',
    (address) => {
      expect(isLoopback(address)).toBe(true);
    },
  );

  test.each([
    undefined,
    '',
    '10.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '::2',
    'localhost',
    '127.0.0.1.evil',
    '1127.0.0.1',
    'fe80::1',
  ])('%s is not', (address) => {
    expect(isLoopback(address)).toBe(false);
  });

  const local = (headers: Record<string, string>, ownHosts: readonly string[] = []) =>
    refusalOf({ remoteAddress: '127.0.0.1', headers: { host: 'localhost:8000', ...headers } }, ownHosts);

  test.each([
    'localhost',
    'LOCALHOST:80',
    '127.0.0.1:8000',
    '127.0.0.2',
    '[::1]',
    '[::1]:8000',
    'payonce.test:1',
    '[fd00::1]:8000',
  ])('a caller that asks at %s asks this machine', (host) => {
    expect(local({ host }, ['payonce.test', 'fd00::1'])).toBeNull();
  });

  test.each([
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0:8000',
    '[::]',
    '',
  ])('a page under the name %j that leads here is refused', (host) => {
    expect(local({ host }, ['127.0.0.1', '0.0.0.0', '::'])).toMatch(/^Nothing was done: the Host/);
  });

  test.each([
    ['forwarded', 'for=10.0.0.1'],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-host', 'localhost'],
    ['x-real-ip', '10.0.0.1'],
    ['via', '1.1 proxy'],
  ])('what was forwarded is refused: %s', (name, value) => {
    expect(local({ [name]: value })).toMatch(/^Nothing was done: a proxy/);
  });

  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:8001' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('a page of another origin is refused: %j', (headers) => {
    expect(local(headers)).toMatch(/^Nothing was done: a web page/);
  });

  test.each([
    [{}],
    [{ origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-mode': 'cors' }],
  ])('a person, a program and a page of this address may: %j', (headers) => {
    expect(local(headers)).toBeNull();
  });

  describe('on a server', () => {
    let app: FastifyInstance;
    beforeEach(async () => {
      app = fastify({ trustProxy: true });
      createFakeGateway({ ledger: createMemoryLedger() }).register(app, { prefix: '/fake-gateway' });
      await app.ready();
    });
    afterEach(() => app.close());
    const from = (
      remoteAddress: string,
      method: 'GET' | 'PUT' | 'DELETE' | 'POST' | 'HEAD',
      url: string,
      headers: Record<string, string> = {},
    ) =>
      app.inject({
        method,
        url,
        remoteAddress,
        headers: { 'idempotency-key': 'k', ...headers },
        ...(method === 'POST' || method === 'PUT'
          ? { payload: JSON.stringify(method === 'PUT' ? {} : chargeBody('k')) }
          : {}),
      });

    test.each([
      ['GET', '/fake-gateway/_faults'],
      ['HEAD', '/fake-gateway/_faults'],
      ['PUT', '/fake-gateway/_faults'],
      ['DELETE', '/fake-gateway/_faults'],
      ['GET', '/fake-gateway/_ledger'],
    ] as const)('%s %s is for this machine only, whatever a header says', async (method, url) => {
      const saying = { 'x-forwarded-for': '127.0.0.1', host: 'localhost' };
      expect((await from('10.0.0.1', method, url, saying)).statusCode).toBe(403);
      expect((await from('127.0.0.1', method, url, saying)).statusCode).toBe(403);
      expect((await from('127.0.0.1', method, url, { host: 'evil.example' })).statusCode).toBe(403);
      expect((await from('127.0.0.1', method, url, { origin: 'https://evil.example' })).statusCode).toBe(403);
      expect((await from('10.0.0.1', method, url)).statusCode).toBe(403);
      expect((await from('::ffff:10.0.0.1', method, url)).statusCode).toBe(403);
      expect((await from('127.0.0.1', method, url)).statusCode).toBe(200);
      expect((await from('::ffff:127.0.0.1', method, url)).statusCode).toBe(200);
    });

    test('the protocol is for everybody', async () => {
      expect((await from('10.0.0.1', 'POST', '/fake-gateway/charges')).statusCode).toBe(200);
      expect((await from('10.0.0.1', 'GET', '/fake-gateway/charges')).statusCode).toBe(200);
    });
  });
});

describe('a gateway for its own machine only', () => {
  const refused = async (remoteAddress: string, headers: Record<string, string>, url: string) => {
    const app = fastify();
    const gateway = createFakeGateway({
      ledger: createMemoryLedger(),
      hosts: ['payonce.test'],
      thisMachineOnly: true,
    });
    gateway.register(app, { prefix: '/fake-gateway' });
    const { statusCode } = await app.inject({
      method: 'GET',
      url: `/fake-gateway${url}`,
      remoteAddress,
      headers,
    });
    await app.close();
    return statusCode === 403;
  };

  test.each([
    '/charges',
    '/charges/ch_1',
    '/stripe/v1/payment_intents',
    '/v1/charges',
    '/_ledger',
    '/nothing',
  ])('refuses the others at %s, and who comes through a proxy or from a page', async (url) => {
    expect(await refused('10.0.0.1', {}, url)).toBe(true);
    expect(await refused('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, url)).toBe(true);
    expect(await refused('127.0.0.1', { host: 'evil.example' }, url)).toBe(true);
    expect(await refused('127.0.0.1', { origin: 'https://evil.example' }, url)).toBe(true);
    expect(await refused('127.0.0.1', { host: 'payonce.test:8000' }, url)).toBe(false);
  });

  test('takes a caller that has the address of the server for this machine', () => {
    const headers = { host: '10.0.0.1:8000' };
    const from = (remoteAddress: string | undefined, localAddress: string | undefined) =>
      refusalOf({ remoteAddress, localAddress, headers }, ['10.0.0.1']);
    expect(from('10.0.0.1', '10.0.0.1')).toBeNull();
    expect(from('10.0.0.2', '10.0.0.1')).toContain('Ask from the machine');
    expect(from(undefined, undefined)).toContain('Ask from the machine');
  });
});

describe('on a server with other routes', () => {
  test('keeps its bodies, errors and unknown paths to itself', async () => {
    const app = fastify();
    app.setErrorHandler((_error, _request, reply) => reply.code(418).send({ mine: true }));
    app.setNotFoundHandler((_request, reply) => reply.code(410).send({ mine: true }));
    app.post('/echo', (request) => request.body);
    createFakeGateway({ ledger: createMemoryLedger() }).register(app, { prefix: '/fake-gateway' });
    const post = (url: string, payload: string) =>
      app.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      });
    expect((await post('/echo', '{"a":1}')).json()).toEqual({ a: 1 });
    expect((await post('/echo', '{"a":')).statusCode).toBe(418);
    expect((await app.inject('/nothing')).statusCode).toBe(410);
    expect((await post('/fake-gateway/charges', '{"a":')).json()).toMatchObject({ error: 'body_invalid' });
    expect((await app.inject('/fake-gateway/nothing')).json()).toMatchObject({ error: 'not_found' });
    await app.close();
  });

  test.each(['tok_lost_answer', 'tok_slow'])(
    'a call that hangs (%s) does not keep the server from closing',
    async (method) => {
      const app = fastify();
      createFakeGateway({ ledger: createMemoryLedger() }).register(app);
      const url = await app.listen({ port: 0 });
      const hanging = ask(url, { path: '/charges', key: 'k', body: { ...chargeBody('k'), method } });
      await expect
        .poll(async () => jsonOf<Books>(await ask(url, { path: '/_ledger' })).data.length, { interval: 2 })
        .toBe(1);
      await app.close();
      expect(statusOf(await hanging)).toBe('broken');
    },
  );

  test('a gateway alone closes in the middle of everything', async () => {
    const gateway = await startFakeGateway({
      ledger: createMemoryLedger(),
      faults: { latency_ms: { min: 60_000, max: 60_000 } },
    });
    const waiting = [
      ask(gateway.url, { path: '/charges', key: 'k', body: chargeBody('k') }),
      ask(gateway.url, { path: '/charges?idempotency_key=k' }),
      ask(gateway.url, { path: '/start/', method: 'POST' }),
    ];
    // Answered once the others have arrived: it needs no latency.
    await ask(gateway.url, { path: '/_faults' });
    await gateway.close();
    expect((await Promise.all(waiting)).map(statusOf)).toEqual(['broken', 'broken', 'broken']);
  });

  test('an address that is taken is an error, not a hang', async () => {
    const first = await startFakeGateway({ ledger: createMemoryLedger() });
    await expect(startFakeGateway({ ledger: createMemoryLedger(), port: first.port })).rejects.toThrow(
      /EADDRINUSE/,
    );
    await first.close();
  });
});

describe('_faults', () => {
  let far: Running;
  afterEach(() => far.gateway.close());
  const faults = (method: string, body?: unknown) =>
    ask(far.url, { method, path: '/_faults', ...(body === undefined ? {} : { body }) });

  test('shows what is in force; PUT replaces all of it, DELETE restores the settings of the start', async () => {
    far = await run({ seed: 4, faults: DEMO_FAULTS });
    const atStart = jsonOf(await faults('GET'));
    expect(atStart).toMatchObject({
      seed: 4,
      latency_ms: { min: 50, max: 150 },
      error_before: { rate: 0.25 },
    });
    const put = await faults('PUT', { seed: 9, lands_late: { rate: 0.5, delay_ms: 10 } });
    expect(statusOf(put)).toBe(200);
    expect(jsonOf(put)).toMatchObject({
      seed: 9,
      latency_ms: { min: 0, max: 0 },
      error_before: { rate: 0 },
      lands_late: { rate: 0.5, delay_ms: 10 },
    });
    expect(jsonOf(await faults('GET'))).toEqual(jsonOf(put));
    expect(jsonOf(await faults('PUT', jsonOf(put)))).toEqual(jsonOf(put));
    expect(jsonOf(await faults('PUT', {}))).toMatchObject({
      seed: 4,
      lands_late: { rate: 0, delay_ms: 3_000 },
    });
    expect(jsonOf(await faults('DELETE'))).toEqual(atStart);
  });

  test.each([[{ error_befor: 1 }], [{ declined: 2 }], [[]], [null], ['{"declined":']])(
    'refuses %j, names the problems and changes nothing',
    async (body) => {
      far = await run({ faults: { declined: 1 } });
      const before = jsonOf(await faults('GET'));
      const refused = await faults('PUT', body);
      expect(statusOf(refused)).toBe(400);
      expect(jsonOf(refused)).toEqual({ error: 'faults_invalid', problems: [expect.any(String)] });
      expect(jsonOf(await faults('GET'))).toEqual(before);
    },
  );

  test('faults that are not valid at the start are refused at once', () => {
    expect(() => createFakeGateway({ ledger: createMemoryLedger(), faults: { nonsense: 1 } })).toThrow(
      /nonsense/,
    );
  });
});

describe('_ledger', () => {
  let far: Running;
  afterEach(() => far.gateway.close());

  test('shows what was really charged, and what was charged twice', async () => {
    far = await run();
    await far.charge('k1');
    await far.charge('k2', { method: 'tok_declined' });
    await far.charge('k3', { reference: 'ref-k1', amount: 5 });
    expect(await far.ledger()).toEqual({
      summary: {
        charges: 3,
        live: 2,
        succeeded: 2,
        declined: 1,
        pending: 0,
        refunded: 0,
        voided: 0,
        landing: 0,
        duplicates: 1,
        money: { USD: { captured: 10_005, refunded: 0 } },
        refunds: { succeeded: 0, pending: 0, failed: 0, landing: 0 },
      },
      duplicates: [{ reference: 'ref-k1', live: 2 }],
      data: [
        expect.objectContaining({
          idempotency_key: 'k1',
          order_id: 'order-k1',
          live: true,
          captured: 10_000,
          refunds: [],
        }),
        expect.objectContaining({ idempotency_key: 'k2', status: 'declined', live: false, captured: 0 }),
        expect.objectContaining({ idempotency_key: 'k3', reference: 'ref-k1', amount: 5 }),
      ],
      next_cursor: null,
    });
  });

  test('by reference and by order, sums included', async () => {
    far = await run();
    for (const key of ['k1', 'k2', 'k3']) await far.charge(key, { reference: key === 'k3' ? 'b' : 'a' });
    const byReference = await far.ledger('?reference=a');
    expect(byReference.data.map((charge) => charge.idempotency_key)).toEqual(['k1', 'k2']);
    expect(byReference.summary).toMatchObject({ charges: 2, live: 2, duplicates: 1 });
    expect((await far.ledger('?order_id=order-k3')).data).toMatchObject([{ idempotency_key: 'k3' }]);
    expect((await far.ledger('?order_id=nobody')).summary).toMatchObject({ charges: 0, live: 0 });
  });

  test('shows each refund with its charge: what it is by now, and its times', async () => {
    far = await run({
      faults: { lands_late: { delay_ms: 5_000 }, refund_fails_later: { delay_ms: 60_000 } },
    });
    const ids = new Map<string, string>();
    for (const method of ['tok_refund_declined', 'tok_refund_fails_later', 'tok_refund_lands_late']) {
      const { id } = jsonOf<Charged>(await far.charge(`k-${method}`, { method, reference: 'shared' }));
      ids.set(method, id);
      await far.refund(id, `r-${method}`, { amount: 10 });
    }
    const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds)).toISOString();
    const shown = (method: string, status: string, changes = {}) => ({
      id: expect.stringMatching(/^re_/),
      object: 'refund',
      status,
      amount: 10,
      currency: 'USD',
      charge: ids.get(method),
      reference: 'shared',
      idempotency_key: `r-${method}`,
      order_id: `order-k-${method}`,
      created_at: at(0),
      visible_at: at(0),
      settles_at: null,
      settles_to: null,
      ...changes,
    });
    const failsLater = { settles_at: at(60), settles_to: 'failed' };
    const landsLate = { created_at: at(5), visible_at: at(5) };
    const before = await far.ledger('?reference=shared');
    expect(before.data.map(({ refunds }) => refunds)).toEqual([
      [shown('tok_refund_declined', 'failed', { code: 'refund_declined' })],
      [shown('tok_refund_fails_later', 'succeeded', failsLater)],
      [shown('tok_refund_lands_late', 'landing', landsLate)],
    ]);
    expect(before.summary).toMatchObject({
      refunds: { succeeded: 1, pending: 0, failed: 1, landing: 1 },
      money: { USD: { captured: 30_000, refunded: 10 } },
    });
    far.advance(60_000);
    const after = await far.ledger('?reference=shared');
    expect(after.data.map(({ refunds }) => refunds)).toEqual([
      [shown('tok_refund_declined', 'failed', { code: 'refund_declined' })],
      [shown('tok_refund_fails_later', 'failed', { code: 'refund_failed', ...failsLater })],
      [shown('tok_refund_lands_late', 'succeeded', landsLate)],
    ]);
    expect(after.summary).toMatchObject({
      refunds: { succeeded: 1, pending: 0, failed: 2, landing: 0 },
      money: { USD: { captured: 30_000, refunded: 10 } },
    });
  });

  test('in pages, the sums with the first one', async () => {
    far = await run();
    for (let index = 0; index < 5; index += 1) await far.charge(`k${index}`);
    const first = await far.ledger('?limit=3');
    expect(first.data).toHaveLength(3);
    expect(first.summary.charges).toBe(5);
    const second = await far.ledger(`?limit=3&cursor=${first.next_cursor}`);
    expect(second.data.map((charge) => charge.idempotency_key)).toEqual(['k3', 'k4']);
    expect(second).not.toHaveProperty('summary');
    expect(second.next_cursor).toBeNull();
  });
});
