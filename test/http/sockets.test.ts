/** What only raw bytes can show: malformed HTTP, repeated headers, slow and vanished clients. */
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ChargeAnswer } from '../../src/engine/api.ts';
import { body, completed, harness, PAYMENT_ID, payment, rawPost, SECRET, settled, talk } from './support.ts';

const good = JSON.stringify(body);
const post = (content: string | Buffer = good, headers: readonly string[] = []) =>
  rawPost('/v1/payments', content, headers);

function documentOf(answer: { body: string }) {
  return JSON.parse(answer.body) as { code: string; status: number; type: string };
}

describe('headers', () => {
  it('a key that comes twice is refused, even where both are equal', async () => {
    const { listen, charges } = harness();
    const port = await listen();
    for (const headers of [
      ['Idempotency-Key: a', 'Idempotency-Key: b'],
      ['Idempotency-Key: a', 'idempotency-key: a'],
      ['Idempotency-Key:', 'Idempotency-Key: a'],
      ['Idempotency-Key:'],
      ['Idempotency-Key: \xe4'],
    ]) {
      const answer = await talk(port, post(good, headers));
      expect(answer.status).toBe(400);
      expect(documentOf(answer).code).toBe('idempotency_key_invalid');
      expect(answer.headers).toContain('idempotent-replayed: false');
    }
    expect(charges).toEqual([]);
  });

  it('several Prefer headers are one list', async () => {
    const { listen, charges } = harness();
    const answer = await talk(
      await listen(),
      post(good, ['Prefer: return=minimal', 'Prefer: wait=3; x=","', 'Prefer: respond-async']),
    );
    expect(answer.status).toBe(201);
    expect(answer.headers).toContain('preference-applied: respond-async, wait=3');
    expect(charges[0]?.options.waitMs).toBe(3_000);
  });

  it('a key behind 3,000 other headers is still a key', async () => {
    const { listen, charges } = harness();
    await talk(
      await listen(),
      post(good, [...Array.from({ length: 3_000 }, () => 'a:'), 'Idempotency-Key: last']),
    );
    expect(charges[0]?.options.key?.key).toBe('last');
  });

  it('too large are a 431, and the connection ends', async () => {
    const { listen, charges } = harness();
    const answer = await talk(await listen(), post(good, [`X-Large: ${SECRET.repeat(5_000)}`]));
    expect(answer.status).toBe(431);
    expect(documentOf(answer)).toMatchObject({ code: 'headers_too_large', status: 431 });
    expect(answer.headers).toContain('connection: close');
    expect(answer.headers).toContain('content-type: application/problem+json');
    expect(charges).toEqual([]);
  });
});

describe('what Node would answer with an empty body, or take', () => {
  it.each([
    ['no Host', 'invalid_request', 400, ''],
    ['several Hosts', 'invalid_request', 400, 'Host: a\r\nhOST: b\r\nConnection: close\r\n'],
    ['the same Host twice', 'invalid_request', 400, 'Host: a\r\nHost: a\r\nConnection: close\r\n'],
    [
      'two API keys',
      'invalid_request',
      400,
      'Host: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\nConnection: close\r\n',
    ],
    ['an Expect that nobody knows', 'expectation_failed', 417, 'Host: a\r\nExpect: a-miracle\r\n'],
  ])('%s is a problem document: %s, %i', async (_name, code, status, headers) => {
    const { listen, charges, lines } = harness();
    const port = await listen();
    const head = `HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    const v1 = await talk(port, `POST /v1/payments ${head}`);
    expect([v1.status, documentOf(v1)]).toMatchObject([status, { code, status }]);
    expect(v1.headers).toContain('content-type: application/problem+json');
    expect(v1.headers).toContain('connection: close');
    const seed = await talk(port, `POST /payments/start/ ${head}`);
    expect([seed.status, JSON.parse(seed.body)]).toMatchObject([status, { code, error: expect.any(String) }]);
    expect((await talk(port, `GET /nothing ${head}`)).status).toBe(status);
    expect(charges).toEqual([]);
    await expect
      .poll(() => lines.filter(({ msg }) => msg === 'request'))
      .toMatchObject([1, 2, 3].map(() => ({ status, code })));
  });

  it('HTTP/1.0 needs no Host, and a client may wait for 100 Continue', async () => {
    const { listen, charges } = harness();
    const port = await listen();
    const http10 = post()
      .toString('latin1')
      .replace('HTTP/1.1', 'HTTP/1.0')
      .replace('Host: localhost\r\n', '');
    expect((await talk(port, http10)).status).toBe(201);
    const waiting = await talk(port, post(good, ['Expect: 100-Continue']));
    expect(waiting.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
    expect(charges).toHaveLength(2);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', `${SECRET}\r\n\r\n`],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
    ['a space in a header name', 'GET / HTTP/1.1\r\nHost: a\r\nbad name: x\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\n{}'],
    ['a line break in a header', 'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n'],
  ])('%s is a short 400, and the connection ends', async (_name, bytes) => {
    const { listen, charges } = harness();
    const answer = await talk(await listen(), bytes);
    expect(answer.status).toBe(400);
    expect(documentOf(answer)).toMatchObject({
      code: 'invalid_request',
      type: '/problems/invalid_request',
    });
    expect(answer.headers).toContain('connection: close');
    expect(answer.headers).toContain('cache-control: no-store');
    expect(answer.body).not.toContain(SECRET);
    expect(charges).toEqual([]);
  });

  it('malformed chunks get a 400, and do not hang', async () => {
    const { listen, charges } = harness();
    const head =
      'POST /v1/payments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await talk(await listen(), `${head}zz\r\n`);
    expect(answer.status).toBe(400);
    expect(charges).toEqual([]);
  });

  it('an absolute or malformed target is answered, not logged', async () => {
    const { listen, lines } = harness();
    const port = await listen();
    for (const [target, status] of [
      [`http://a/${SECRET}`, 404],
      [`/%ff${SECRET}`, 400],
      [`/v1/payments/%${SECRET}`, 400],
      [`/v1/payments?order_id=${SECRET}#x`, 200],
      ['*', 404],
    ] as const) {
      const answer = await talk(
        port,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect([target, answer.status]).toEqual([target, status]);
      expect(answer.headers).toContain('cache-control: no-store');
    }
    await expect.poll(() => lines.filter((line) => line.msg === 'request')).toHaveLength(5);
  });

  it('broken bytes behind a request never look like its answer', async () => {
    let answerIt: (answer: ChargeAnswer) => void = () => {};
    const { listen, charges } = harness({ charge: () => new Promise((resolve) => (answerIt = resolve)) });
    const port = await listen();
    let socket: Socket | undefined;
    const talked = talk(
      port,
      post().toString('latin1').replace('Connection: close', 'Connection: keep-alive'),
      (each) => {
        socket = each;
      },
    );
    await expect.poll(() => charges).toHaveLength(1);
    socket?.write('garbage\r\n\r\n');
    // A 400 here would say that nothing was sent to the gateway, while the payment is being charged.
    expect((await talked).text).toBe('');
    answerIt(settled(completed, { started: true, replayed: false }));
  });
});

describe('bodies', () => {
  it.each([
    ['in one piece', (socket: Socket, bytes: Buffer) => void socket.write(bytes)],
    [
      'byte by byte',
      (socket: Socket, bytes: Buffer) => bytes.forEach((_, i) => void socket.write(bytes.subarray(i, i + 1))),
    ],
  ])('arrive %s, multi-byte characters and all', async (_name, write) => {
    const { listen, charges } = harness();
    const bytes = post(JSON.stringify({ ...body, order_id: '\u20ac\u{1f600}' }));
    const answer = await talk(await listen(), '', (socket) => {
      socket.setNoDelay(true);
      write(socket, bytes);
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toBe(completed.body);
    expect(charges[0]?.order.orderId).toBe('\u20ac\u{1f600}');
  });

  it('arrive in chunks', async () => {
    const { listen, charges } = harness();
    const head =
      'POST /v1/payments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const answer = await talk(
      await listen(),
      head + chunk(good.slice(0, 7)) + chunk(good.slice(7)) + chunk(''),
    );
    expect(answer.status).toBe(201);
    expect(charges).toHaveLength(1);
  });

  it('of bytes that are no UTF-8 are refused', async () => {
    const { listen, charges } = harness();
    const answer = await talk(await listen(), post(Buffer.from(good.replace(SECRET, '\xe9'), 'latin1')));
    expect(documentOf(answer)).toMatchObject({ code: 'invalid_json', status: 400 });
    expect(charges).toEqual([]);
  });

  it('that are too large in chunks are cut off', async () => {
    const { listen, charges } = harness({}, { bodyLimitBytes: 1_000 });
    const head =
      'POST /v1/payments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await talk(await listen(), `${head}7d0\r\n${' '.repeat(2_000)}\r\n`);
    expect(documentOf(answer)).toMatchObject({ code: 'payload_too_large', status: 413 });
    expect(answer.headers).toContain('connection: close');
    expect(answer.headers).toContain('idempotent-replayed: false');
    expect(charges).toEqual([]);
  });

  it.each([
    ['headers', 'POST /v1/payments HTTP/1.1\r\nHost: localhost\r\n'],
    [
      'body',
      `POST /v1/payments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"order_id":"${SECRET}"`,
    ],
  ])('or %s that never end are a 408 in the end', async (_name, bytes) => {
    const { listen, charges } = harness({}, { timeouts: { headersMs: 50, requestMs: 60, checkMs: 10 } });
    const answer = await talk(await listen(), bytes);
    expect(documentOf(answer)).toMatchObject({ code: 'request_timeout', status: 408 });
    expect(answer.headers).toContain('connection: close');
    expect(charges).toEqual([]);
  });

  it('that break off are forgotten', async () => {
    const { app, listen, charges, lines } = harness();
    const port = await listen();
    const head = post().subarray(0, -5);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(head));
      app.server.once('request', (request) => {
        request.once('close', resolve);
        socket.destroy();
      });
    });
    await expect
      .poll(() => lines.find((line) => line.msg === 'request'))
      .toMatchObject({ client_gone: true });
    expect(charges).toEqual([]);
    expect(lines.filter((line) => Number(line.level) >= 50)).toEqual([]);
  });
});

describe('a client that hangs up', () => {
  it('is distinguished from one that stays', async () => {
    const { listen, lines } = harness();
    await talk(await listen(), post());
    await expect.poll(() => lines.find((line) => line.msg === 'request')).toMatchObject({ status: 201 });
    expect(lines.find((line) => line.msg === 'request')).not.toHaveProperty('client_gone');
  });

  it('changes nothing: the charge goes on, and the next one is answered', async () => {
    const answers: ((answer: ChargeAnswer) => void)[] = [];
    const { listen, charges, lines } = harness({
      charge: () => new Promise((resolve) => answers.push(resolve)),
    });
    const port = await listen();
    const gone = connect(port, '127.0.0.1', () => gone.write(post()));
    await expect.poll(() => charges).toHaveLength(1);
    gone.destroy();
    await expect.poll(() => lines.find((line) => line.client_gone === true)).toMatchObject({ status: null });
    answers[0]?.({ kind: 'unsettled', payment, retryAfterMs: 1, replayed: false });

    const next = talk(port, post());
    await expect.poll(() => charges).toHaveLength(2);
    answers[1]?.(settled(completed, { started: false, replayed: false }));
    expect((await next).status).toBe(200);
    expect(lines.filter((line) => Number(line.level) >= 40)).toEqual([]);
  });
});

it('requests behind one another on a connection are answered in order', async () => {
  const { listen, charges } = harness({
    charge: async (order) => ({
      kind: 'unsettled',
      payment: { ...payment, orderId: order.orderId },
      retryAfterMs: 1,
      replayed: false,
    }),
  });
  const one = (orderId: string) =>
    post(JSON.stringify({ ...body, order_id: orderId }))
      .toString()
      .replace('Connection: close', 'Connection: keep-alive');
  const last = post(JSON.stringify({ ...body, order_id: 'c' })).toString();
  const answer = await talk(await listen(), one('a') + one('b') + last);
  expect(charges.map((charge) => charge.order.orderId)).toEqual(['a', 'b', 'c']);
  expect([...answer.text.matchAll(/"order_id":"(.)"/g)].map((match) => match[1])).toEqual(['a', 'b', 'c']);
  expect(answer.text).toContain(PAYMENT_ID);
});
