import { randomUUID } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { charge, charges as dialect } from '../../../examples/http-dialect.mjs';
import { CONTRACT } from '../../../test/support/contract.ts';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import * as server from '../../testing/server.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../../testing/tls.ts';
import { createHttpGateway } from './index.ts';

const REQUEST: ChargeRequest = {
  key: 'key-1',
  reference: 'ref-1',
  orderId: 'ORD1',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  amountMinor: 500,
  currency: 'JPY',
};
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

const json = (status: number, value: unknown): server.RawAnswer => ({
  status,
  headers: JSON_HEADERS,
  body: JSON.stringify(value),
});

describe('http adapter', () => {
  let far: server.ScriptedServer;
  const options = () => ({ timeoutMs: 60_000, mayLeave: () => true });
  beforeEach(async () => {
    far = await server.startScriptedServer();
  });
  afterEach(() => far.close());

  async function withGateway<T>(
    settings: Partial<Parameters<typeof createHttpGateway>[0]>,
    use: (gateway: ReturnType<typeof createHttpGateway>) => Promise<T>,
  ): Promise<T> {
    const gateway = createHttpGateway({
      url: `http://127.0.0.1:${far.port}`,
      contract: CONTRACT,
      ...settings,
    });
    try {
      return await use(gateway);
    } finally {
      await gateway.close();
    }
  }
  const callOnce = (reply: server.Reply) => {
    far.script(reply);
    return withGateway({}, (gateway) => gateway.call(REQUEST, options()));
  };
  const lookUpOnce = (value: unknown) => {
    far.script(server.answer(json(200, value)));
    return withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
  };

  test.each(['', '/', '/gw/v2', '/gw/v2/'])('speaks the protocol below the base path "%s"', async (path) => {
    const url = `http://127.0.0.1:${far.port}${path}`;
    const prefix = path.replace(/\/$/, '');
    await withGateway({ url, token: 'sk_test', headers: { 'X-Shop': '7' } }, async (gateway) => {
      far.script(server.answer(dialect.approved(REQUEST)));
      await gateway.call({ ...REQUEST, method: 'tok_visa' }, options());
      far.script(server.answer(dialect.found(REQUEST, [])));
      await gateway.lookup({ ...REQUEST, key: 'a key&b=c' }, options());
    });
    const [post, get] = far.requests;
    expect(post).toMatchObject({ method: 'POST', path: `${prefix}/charges` });
    expect(post?.headers).toMatchObject({
      'idempotency-key': 'key-1',
      'content-type': 'application/json',
      authorization: 'Bearer sk_test',
      'x-shop': '7',
    });
    expect(JSON.parse(post?.body ?? '')).toEqual({
      amount: 500,
      currency: 'JPY',
      reference: 'ref-1',
      order_id: 'ORD1',
      method: 'tok_visa',
    });
    expect(get).toMatchObject({ method: 'GET', body: '' });
    expect(decodedPath(get)).toBe(`${prefix}/charges?idempotency_key=a key&b=c`);
    expect(get?.path).toMatch(/%20.+%26.+%3D/);
    expect(get?.headers).toMatchObject({ authorization: 'Bearer sk_test', 'x-shop': '7' });
  });

  test('a charge of another account names it, so that its events do', async () => {
    await withGateway({}, async (gateway) => {
      far.script(server.answer(dialect.approved(REQUEST)));
      await gateway.call({ ...REQUEST, accountId: 'shop' }, options());
    });
    expect(JSON.parse(far.requests[0]?.body ?? '')).toMatchObject({ order_id: 'ORD1', account_id: 'shop' });
  });

  test('a request without a method is sent without one', async () => {
    await callOnce(server.answer(dialect.approved(REQUEST)));
    expect(Object.keys(JSON.parse(far.requests[0]?.body ?? ''))).not.toContain('method');
  });

  test.each(['not a url', 'ftp://a', 'http://user:secret@a', 'http://a/?x=1', 'http://a/#x'])(
    'the base "%s" is refused, without repeating it',
    (url) => {
      expect(() => createHttpGateway({ url, contract: CONTRACT })).toThrow(TypeError);
      expect(() => createHttpGateway({ url, contract: CONTRACT })).not.toThrow(/secret/);
    },
  );

  test('a token that cannot be sent is refused, without repeating it', () => {
    const make = () => createHttpGateway({ url: 'http://a', contract: CONTRACT, token: 'sk\nx: secret' });
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(/secret/);
  });

  test.each([
    [200, 'declined'],
    [202, 'succeeded'],
    [202, 'declined'],
    [402, 'succeeded'],
    [402, 'pending'],
  ])('%i with a charge that is %s contradicts itself: unknown', async (status, word) => {
    const raw = { ...dialect.approved(REQUEST, { status: word }), status };
    expect(await callOnce(server.answer(raw))).toMatchObject({
      kind: 'unknown',
      reason: 'contradicting_answer',
    });
  });

  test('200 with a charge that is pending is pending', async () => {
    expect(await callOnce(server.answer(dialect.approved(REQUEST, { status: 'pending' })))).toMatchObject({
      kind: 'pending',
    });
  });

  test.each([
    ['a 402 that is no charge', json(402, { error: 'card_declined' })],
    ['a 409 with another error', json(409, { error: 'conflict' })],
    ['a 422 with another error', json(422, { error: 'invalid_amount' })],
  ])('%s is unknown', async (_name, raw) => {
    expect(await callOnce(server.answer(raw))).toMatchObject({ kind: 'unknown' });
  });

  test('the code of a decline is passed on if it is a word, and only then', async () => {
    const code = (value: string) => callOnce(server.answer(dialect.declined(REQUEST, { code: value })));
    expect(await code('insufficient_funds')).toMatchObject({ code: 'insufficient_funds' });
    expect(await code('<script>alert(1)</script>')).toMatchObject({ code: 'declined' });
    expect(await code('x'.repeat(65))).toMatchObject({ code: 'declined' });
    expect(await code('4111111111111111')).toMatchObject({ code: 'declined' });
    expect(await code('card-4111.1111.1111.1111')).toMatchObject({ code: 'declined' });
    expect(await code('pan4111111111111111x')).toMatchObject({ code: 'declined' });
    expect(await code('4111--1111-1111.1111')).toMatchObject({ code: 'declined' });
  });

  test('an error that names our key is believed with more in it than the protocol knows, at no other status', async () => {
    const error = { error: 'broken', idempotency_key: REQUEST.key, request_id: 'r1' };
    expect(await callOnce(server.answer(json(500, error)))).toMatchObject({ answered: true });
    expect(await callOnce(server.answer(json(503, error)))).toMatchObject({ answered: false });
    expect(await callOnce(server.answer(json(500, { ...error, idempotency_key: undefined })))).toMatchObject({
      answered: false,
    });
  });

  describe('a charge that says whether real money moved', () => {
    const said = (status: number, word: string, livemode: unknown) =>
      server.answer(json(status, { ...charge(REQUEST, word), livemode }));
    const callAs = (livemode: boolean, reply: server.Reply) => {
      far.script(reply);
      return withGateway({ livemode }, (gateway) => gateway.call(REQUEST, options()));
    };

    test.each([true, false])(
      'is believed in the mode of the gateway, or if it says nothing (%s)',
      async (mode) => {
        for (const livemode of [mode, undefined]) {
          expect(await callAs(mode, said(200, 'succeeded', livemode))).toMatchObject({ kind: 'approved' });
        }
      },
    );

    test.each([true, false])('is another charge than asked for in the other mode (%s)', async (mode) => {
      const reason = 'livemode_mismatch';
      expect(await callAs(!mode, said(200, 'succeeded', mode))).toMatchObject({ kind: 'mismatch', reason });
      expect(await callAs(!mode, said(402, 'declined', mode))).toMatchObject({ kind: 'unknown', reason });
      expect(await callAs(!mode, said(202, 'pending', mode))).toMatchObject({ kind: 'unknown', reason });
      far.script(server.answer(json(200, { data: [{ ...charge(REQUEST, 'succeeded'), livemode: mode }] })));
      const found = await withGateway({ livemode: !mode }, (gateway) => gateway.lookup(REQUEST, options()));
      expect(found).toMatchObject({ kind: 'mismatch', reason });
    });

    test('cannot be read if livemode has another type', async () => {
      expect(await callAs(false, said(200, 'succeeded', 'false'))).toMatchObject({ kind: 'unknown' });
    });
  });

  test.each(['500.0', '5e2', '500.0000000000000001', '500.5'])(
    'an amount that is written as %s is no amount',
    async (amount) => {
      const body = JSON.stringify(charge(REQUEST, 'succeeded')).replace(
        '"amount":500',
        `"amount" :${amount}`,
      );
      expect(body).toContain(amount);
      expect(await callOnce(server.answer({ status: 200, headers: JSON_HEADERS, body }))).toMatchObject({
        kind: 'unknown',
        answered: false,
      });
      far.script(server.answer({ status: 200, headers: JSON_HEADERS, body: `{"data":[${body}]}` }));
      const found = await withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
      expect(found).toMatchObject({ kind: 'unavailable' });
    },
  );

  test('an amount whose name is escaped is read in the same way', async () => {
    const body = JSON.stringify(charge(REQUEST, 'succeeded')).replace(
      '"amount":500',
      '"amoun\\u0074":500.0000000000000001',
    );
    expect(JSON.parse(body)).toEqual(charge(REQUEST, 'succeeded'));
    const answer = server.answer({ status: 200, headers: JSON_HEADERS, body });
    expect(await callOnce(answer)).toMatchObject({ kind: 'unknown' });
  });

  test('a fraction in another field of a charge does not matter', async () => {
    const raw = json(200, { ...charge(REQUEST, 'succeeded'), rate: 0.029, note: '"amount":1.5' });
    expect(await callOnce(server.answer(raw))).toMatchObject({ kind: 'approved' });
  });

  describe('a charge that is said to be taken back', () => {
    const looked = (status: string, sums: object) =>
      lookUpOnce({ data: [{ ...charge(REQUEST, status), ...sums }] });

    test.each(['refunded', 'voided', 'canceled'])(
      '(%s) is live while a part of it is still paid',
      async (status) => {
        expect(await looked(status, { captured: 500, refunded: 499 })).toMatchObject({ kind: 'succeeded' });
        expect(await looked(status, { captured: 500, refunded: 0 })).toMatchObject({ kind: 'succeeded' });
      },
    );

    test.each([
      { captured: 500, refunded: 500 },
      { captured: 300, refunded: 300 },
      { captured: 0, refunded: 0 },
      { refunded: 100 },
      {},
    ])('is taken back if nothing says that a part is still paid: %j', async (sums) => {
      for (const status of ['refunded', 'voided', 'canceled'])
        expect(await looked(status, sums)).toEqual({ kind: 'reversed', refs: ['ch_default'] });
    });

    test.each([
      { captured: '400' },
      { captured: null },
      { captured: -5 },
      { captured: 400.5 },
      { captured: true, refunded: 0 },
      { captured: 500, refunded: '500' },
      { captured: 500, refunded: null },
      { captured: 500, refunded: -1 },
    ])('is no answer if one of its sums cannot be read: %j', async (sums) => {
      for (const status of ['refunded', 'voided', 'succeeded', 'declined'])
        expect(await looked(status, sums)).toMatchObject({ kind: 'unavailable' });
      const raw = json(200, { ...charge(REQUEST, 'succeeded'), ...sums });
      expect(await callOnce(server.answer(raw))).toMatchObject({ kind: 'unknown' });
    });

    test.each(['captured', 'refunded'])(
      'is no answer if its %s is a whole number only once it is rounded',
      async (name) => {
        const exact = JSON.stringify({ data: [{ ...charge(REQUEST, 'refunded'), [name]: 500 }] });
        const lookUpText = (body: string) => {
          far.script(server.answer({ status: 200, headers: JSON_HEADERS, body }));
          return withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
        };
        expect(await lookUpText(exact)).toMatchObject({ kind: 'reversed' });
        const inexact = exact.replace(`"${name}":500`, `"${name}":500.00000000000000001`);
        expect(await lookUpText(inexact)).toMatchObject({ kind: 'unavailable' });
      },
    );

    test('and of which a part was refunded stays succeeded under its own name', async () => {
      const sums = { captured: 500, refunded: 100 };
      expect(await looked('succeeded', sums)).toMatchObject({ kind: 'succeeded' });
    });

    test.each(['voided', 'canceled'])('(%s) is live if a sum that is zero was left out', async (status) => {
      expect(await looked(status, { captured: 500 })).toMatchObject({ kind: 'succeeded' });
      expect(await looked(status, { captured: 400 })).toMatchObject({
        kind: 'mismatch',
        reason: 'capture_mismatch',
      });
      expect(await looked('refunded', { captured: 500 })).toMatchObject({ kind: 'reversed' });
    });

    test.each([{ captured: 500, refunded: 100 }, { captured: 500, refunded: 0 }, { captured: 500 }])(
      'is no answer if it was declined, and money was taken all the same: %j',
      async (sums) => {
        expect(await looked('declined', sums)).toMatchObject({ kind: 'unavailable' });
        const raw = json(402, { ...charge(REQUEST, 'declined'), ...sums });
        expect(await callOnce(server.answer(raw))).toMatchObject({ kind: 'unknown' });
      },
    );

    test.each([{ captured: 500, refunded: 500 }, { captured: 0, refunded: 0 }, { captured: 0 }])(
      'is a decline if it was declined, and nothing of it is paid: %j',
      async (sums) => {
        expect(await looked('declined', sums)).toMatchObject({ kind: 'declined' });
      },
    );
  });

  describe('the date of the first answer', () => {
    const dated = (second: number, data: readonly object[] = []) =>
      server.answer({
        status: 200,
        headers: { ...JSON_HEADERS, date: `Tue, 01 Jan 2030 00:00:${second} GMT` },
        body: JSON.stringify({ data, idempotency_key: REQUEST.key }),
      });
    const lookUp = (...replies: server.Reply[]) => {
      far.script(...replies);
      return withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
    };
    const OLD = { kind: 'unavailable', reason: 'old_answer' };

    test('is compared with that of an answer that no cache can have', async () => {
      const before = far.requests.length;
      expect(await lookUp(dated(20), dated(30))).toEqual(OLD);
      const [asked, fresh] = far.requests.slice(before).map(decodedPath);
      expect(asked).toContain(REQUEST.key);
      expect(fresh).toMatch(/^\/charges\?idempotency_key=[0-9a-f-]{36}$/);
      expect(fresh).not.toContain(REQUEST.key);
      expect(await lookUp(dated(28), dated(30))).toEqual({ kind: 'absent' });
    });

    test('proves nothing if there is no such answer, or one without a date', async () => {
      expect(await lookUp(dated(30), server.answer(json(200, { data: [] })))).toEqual(OLD);
      expect(await lookUp(dated(30), (socket) => socket.destroy())).toEqual(OLD);
    });

    test.each<[string, string | string[]]>([
      ['is no date', 'yesterday'],
      ['is empty', ''],
      ['is of another form', 'Tue Jan  1 00:00:30 2030'],
      ['is there twice', ['Tue, 01 Jan 2030 00:00:20 GMT', 'Tue, 01 Jan 2030 00:00:30 GMT']],
    ])('proves nothing if it %s', async (_what, date) => {
      const headers = { ...JSON_HEADERS, date };
      expect(await lookUp(server.answer({ status: 200, headers, body: '{"data":[]}' }))).toEqual(OLD);
    });

    test('matters for money that was taken back: it may have come again', async () => {
      const back = dated(20, [charge(REQUEST, 'refunded')]);
      expect(await lookUp(back, dated(30))).toEqual(OLD);
      expect(await lookUp(dated(30, [charge(REQUEST, 'refunded')]), dated(30))).toMatchObject({
        kind: 'reversed',
      });
    });

    test('does not matter for money that the answer shows', async () => {
      const paid = dated(20, [charge(REQUEST, 'succeeded')]);
      expect(await lookUp(paid, dated(30))).toMatchObject({ kind: 'succeeded' });
    });

    test('is compared again if a date is ahead of the clock: that may have been set back', async () => {
      const ahead = (...replies: server.Reply[]) => {
        far.script(dated(10), dated(10), ...replies);
        return withGateway({}, async (gateway) => {
          await gateway.lookup(REQUEST, options());
          return gateway.lookup(REQUEST, options());
        });
      };
      expect(await ahead(dated(50), dated(11))).toEqual(OLD);
      expect(await ahead(dated(50), dated(50))).toEqual({ kind: 'absent' });
    });

    test('is asked for once, and not at a gateway that sends none', async () => {
      const before = far.requests.length;
      far.script(dated(30));
      await withGateway({}, async (gateway) => {
        await Promise.all([gateway.lookup(REQUEST, options()), gateway.lookup(REQUEST, options())]);
        await gateway.lookup(REQUEST, options());
      });
      const questions = far.requests.slice(before).filter((one) => !decodedPath(one).includes(REQUEST.key));
      expect(questions).toHaveLength(1);
      const then = far.requests.length;
      expect(await lookUp(server.answer(dialect.found(REQUEST, [])))).toEqual({ kind: 'absent' });
      expect(far.requests.length - then).toBe(1);
    });
  });

  test('a connection that gave the answer to another call is not used again', async () => {
    await withGateway({ maxConnections: 1 }, async (gateway) => {
      const another = { ...REQUEST, key: 'key-2' };
      far.script(server.answer(dialect.approved(REQUEST)));
      for (let time = 0; time < 3; time += 1) await gateway.call(REQUEST, options());
      expect(far.connections()).toBe(1);
      expect(await gateway.call(another, options())).toMatchObject({
        kind: 'unknown',
        reason: 'answer_about_another_key',
      });
      far.script(server.answer(dialect.approved(another)));
      expect(await gateway.call(another, options())).toMatchObject({ kind: 'approved' });
      expect(far.connections()).toBe(2);
    });
  });

  describe('the key of a lookup', () => {
    const nothing = server.answer(json(200, { data: [] }));
    const paid = server.answer(json(200, { data: [charge(REQUEST, 'succeeded')] }));
    const named = server.answer(dialect.found(REQUEST, []));
    /** Looks up as often as there are lists of replies, and returns the outcomes and the paths. */
    async function lookUp(...turns: readonly (readonly server.Reply[])[]) {
      const before = far.requests.length;
      const outcomes: unknown[] = [];
      await withGateway({}, async (gateway) => {
        for (const replies of turns) {
          far.script(...replies);
          outcomes.push(await gateway.lookup(REQUEST, options()));
        }
      });
      return { outcomes, paths: far.requests.slice(before).map(({ path }) => path) };
    }
    const plain = `/charges?idempotency_key=${REQUEST.key}`;

    test('is spelled in another way each time, so that no cache has its answer', async () => {
      const long = { ...REQUEST, key: randomUUID() };
      await withGateway({}, async (gateway) => {
        for (let time = 0; time < 20; time += 1) {
          far.script(server.answer(dialect.found(long, [])));
          expect(await gateway.lookup(long, options())).toEqual({ kind: 'absent' });
        }
      });
      const asked = far.requests.slice(-20);
      expect(new Set(asked.map(({ path }) => path)).size).toBe(20);
      expect(new Set(asked.map(decodedPath))).toEqual(new Set([`/charges?idempotency_key=${long.key}`]));
    });

    test('is asked plainly too if the gateway does not name it: it may not decode it', async () => {
      const { outcomes, paths } = await lookUp([nothing, paid]);
      expect(outcomes).toMatchObject([{ kind: 'succeeded' }]);
      expect(paths[1]).toBe(plain);
    });

    test('is asked plainly too if the gateway names it as it was written', async () => {
      const written: server.Reply = (socket, request) => {
        const key = /idempotency_key=(.*)/.exec(request.path)?.[1];
        server.answer(json(200, { data: [], idempotency_key: key }))(socket, request);
      };
      const before = far.requests.length;
      const long = { ...REQUEST, key: randomUUID() };
      far.script(written, server.answer(dialect.found(long, [{}])));
      await withGateway({}, async (gateway) => {
        expect(await gateway.lookup(long, options())).toMatchObject({ kind: 'succeeded' });
      });
      expect(far.requests[before + 1]?.path).toBe(`/charges?idempotency_key=${long.key}`);
    });

    test.each([
      [401, 'forbidden'],
      [503, 'unavailable'],
      [429, 'unavailable'],
      [403, 'forbidden'],
      [404, 'unavailable'],
    ])('is not asked plainly after a %d: that answer may come from a cache', async (status, kind) => {
      const { outcomes, paths } = await lookUp([server.answer(json(status, {})), named]);
      expect(outcomes).toMatchObject([{ kind }]);
      expect(paths).toHaveLength(1);
    });

    test('has no answer if only the plain one is declined: that may be an old answer', async () => {
      const declined = server.answer(json(200, { data: [charge(REQUEST, 'declined')] }));
      const down = server.answer(json(503, {}));
      const { outcomes } = await lookUp([nothing, nothing], [down, declined]);
      expect(outcomes).toMatchObject([{ kind: 'absent' }, { kind: 'unavailable' }]);
      expect((await lookUp([nothing, declined])).outcomes).toMatchObject([{ kind: 'declined' }]);
    });

    test('proves nothing if the second answer does not', async () => {
      const { outcomes } = await lookUp([nothing, server.answer(json(503, {}))]);
      expect(outcomes).toEqual([{ kind: 'unavailable', reason: 'http_503' }]);
    });

    test.each([
      ['both show nothing', [nothing, nothing], 'absent'],
      ['the first shows it', [paid, nothing], 'succeeded'],
      ['the second shows it', [nothing, paid], 'succeeded'],
      ['one shows it and one is no answer', [server.answer(json(503, {})), paid], 'succeeded'],
      ['one shows nothing and one is no answer', [nothing, server.answer(json(503, {}))], 'unavailable'],
    ])('is asked in both ways at once from then on: %s', async (_what, replies, kind) => {
      const { outcomes, paths } = await lookUp([nothing, nothing], replies);
      expect(outcomes).toMatchObject([{ kind: 'absent' }, { kind }]);
      expect(paths).toHaveLength(4);
    });

    test('is asked once at a gateway that names it', async () => {
      const { outcomes, paths } = await lookUp([named], [named]);
      expect(outcomes).toEqual([{ kind: 'absent' }, { kind: 'absent' }]);
      expect(paths).toHaveLength(2);
    });
  });

  test('a body in chunks is read, one that is coded in another way as well is not', async () => {
    const body = '{"data":[]}';
    for (const [coding, kind] of [
      ['chunked', 'absent'],
      ['gzip, chunked', 'unavailable'],
    ]) {
      const headers = { ...JSON_HEADERS, 'transfer-encoding': coding ?? '' };
      far.script(server.answer({ status: 200, headers, body: `b\r\n${body}\r\n0\r\n\r\n` }));
      const outcome = await withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
      expect(outcome).toMatchObject({ kind });
    }
  });

  test('an answer without a media type is read', async () => {
    expect(await callOnce(server.answer({ ...dialect.approved(REQUEST), headers: {} }))).toMatchObject({
      kind: 'approved',
    });
  });

  test('an answer with a byte that is no text is not read, wherever the byte is', async () => {
    const body = Buffer.concat([
      Buffer.from('{"note":"'),
      Buffer.from([0xff]),
      Buffer.from(`",${String(dialect.approved(REQUEST).body).slice(1)}`),
    ]);
    expect(await callOnce(server.answer({ ...dialect.approved(REQUEST), body }))).toEqual({
      kind: 'unknown',
      answered: false,
      reason: 'unparseable_answer',
    });
  });

  test('an end after an interim answer alone is no truncated answer: there was none', async () => {
    for (const end of [server.writeAndReset, server.writeAndClose]) {
      const outcome = await callOnce(end('HTTP/1.1 103 Early Hints\r\n\r\n'));
      // undici does not distinguish a reset from a close here.
      expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
      expect('reason' in outcome && outcome.reason).toMatch(/^connection_(reset|closed)$/);
    }
  });

  test('an answer that ends with its connection is read', async () => {
    const { body } = dialect.approved(REQUEST);
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n';
    expect(await callOnce(server.writeAndClose(`${head}${body}`))).toMatchObject({ kind: 'approved' });
  });

  test('the bound of bytes is exact', async () => {
    const { body } = dialect.approved(REQUEST);
    const limit = { maxResponseBytes: 4_096 };
    for (const [length, kind] of [
      [4_096, 'approved'],
      [4_097, 'unknown'],
    ] as const) {
      far.script(server.answer({ ...dialect.approved(REQUEST), body: String(body).padEnd(length) }));
      expect(await withGateway(limit, (gateway) => gateway.call(REQUEST, options()))).toMatchObject({ kind });
    }
  });

  describe('a page of a lookup is not the list', () => {
    const entry = (status: string) => charge(REQUEST, status);
    test.each([
      ['nothing, and a cursor', { data: [], next_cursor: 'abc' }],
      ['nothing, and more', { data: [], has_more: true }],
      ['nothing, and a cursor of another type', { data: [], next_cursor: 0 }],
      ['nothing, and an empty cursor', { data: [], next_cursor: '' }],
      ['nothing, and a word for more', { data: [], has_more: 'false' }],
      ['nothing, and a number for more', { data: [], has_more: 0 }],
      ['nothing, and an error', { data: [], error: 'shard_unavailable' }],
      ['nothing, and errors', { data: [], errors: [{ message: 'timeout' }], partial: true }],
      ['nothing, and a total', { data: [], total_count: 1 }],
      ['nothing, and an address of more', { data: [], next: '/charges?page=2' }],
      ['a decline, and an error', { data: [entry('declined')], error: 'shard_unavailable' }],
      ['a decline, and a cursor', { data: [entry('declined')], next_cursor: 'abc' }],
      ['a pending charge, and more', { data: [entry('pending')], has_more: true }],
      ['data of another type', { data: {} }],
      ['data that is null', { data: null }],
      ['an entry that is null', { data: [null] }],
    ])('%s: unavailable', async (_name, value) => {
      expect(await lookUpOnce(value)).toMatchObject({ kind: 'unavailable' });
    });

    test('the last page is the list', async () => {
      expect(await lookUpOnce({ data: [], next_cursor: null, has_more: false })).toEqual({ kind: 'absent' });
    });

    test('money on an incomplete page is money all the same', async () => {
      for (const more of [{ next_cursor: 'abc' }, { error: 'shard_unavailable' }]) {
        expect(await lookUpOnce({ data: [entry('succeeded')], ...more })).toMatchObject({
          kind: 'succeeded',
        });
      }
    });
  });

  describe('an answer that names a key is about that key', () => {
    const ours = charge(REQUEST, 'succeeded');

    test('a lookup that repeats our key is our answer', async () => {
      expect(await lookUpOnce({ data: [], idempotency_key: REQUEST.key })).toEqual({ kind: 'absent' });
    });

    test.each([
      ['another key', { data: [], idempotency_key: 'key-2' }],
      ['no key', { data: [], idempotency_key: null }],
      ['a list of keys', { data: [], idempotency_key: [REQUEST.key] }],
      ['another key beside our charge', { data: [ours], idempotency_key: 'key-2' }],
    ])('a lookup that names %s is no answer', async (_name, value) => {
      expect(await lookUpOnce(value)).toEqual({ kind: 'unavailable', reason: 'answer_about_another_key' });
    });

    test.each([
      [429, 'rate_limited'],
      [401, 'unauthorized'],
      [409, 'in_progress'],
      [422, 'key_reused'],
      [500, 'Gateway error'],
    ])('a %i about another key says nothing of our call', async (status, error) => {
      const raw = json(status, { error, idempotency_key: 'key-2' });
      expect(await callOnce(server.answer(raw))).toEqual({
        kind: 'unknown',
        answered: false,
        reason: 'answer_about_another_key',
      });
    });

    test('a 429 about our key is refused', async () => {
      const raw = json(429, { error: 'rate_limited', idempotency_key: REQUEST.key });
      expect(await callOnce(server.answer(raw))).toMatchObject({ kind: 'refused' });
    });
  });

  describe('a text with two meanings is no answer', () => {
    const text = JSON.stringify(charge(REQUEST, 'succeeded'));
    const raw = (status: number, body: string | Buffer): server.Reply =>
      server.answer({ status, headers: JSON_HEADERS, body });

    test.each([
      ['a status that occurs twice', 200, `{"status":"declined",${text.slice(1)}`],
      ['a status that occurs twice, once escaped', 200, `{"st\\u0061tus":"declined",${text.slice(1)}`],
      [
        'a decline that is also an approval',
        402,
        `{"status":"succeeded",${text.slice(1).replace('succeeded', 'declined')}`,
      ],
      ['a name that occurs twice further down', 200, `${text.slice(0, -1)},"note":[{"a":1,"a":1}]}`],
      ['a byte order mark', 200, `\ufeff${text}`],
      ['something after the charge', 200, `${text}{}`],
      ['a busy error that occurs twice', 409, '{"error":"other","error":"in_progress"}'],
    ])('a call: %s', async (_name, status, body) => {
      expect(await callOnce(raw(status, body))).toMatchObject({ kind: 'unknown' });
    });

    test('a charge is read although a string in it looks like a name that occurs twice', async () => {
      const body = `${text.slice(0, -1)},"note":"\\",\\"status\\":\\"declined\\"","__proto__":{"id":1}}`;
      expect(await callOnce(raw(200, body))).toMatchObject({ kind: 'approved' });
    });

    test.each([
      ['a charge, and no charge', `{"data":[${text}],"data":[]}`],
      [
        'a charge whose status occurs twice',
        `{"data":[{"status":"succeeded",${text.replace('succeeded', 'declined').slice(1)}]}`,
      ],
      ['more, and no more', '{"data":[],"has_more":true,"has_more":false}'],
      ['a byte order mark', '\ufeff{"data":[]}'],
    ])('a lookup: %s', async (_name, body) => {
      far.script(raw(200, body));
      const outcome = await withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
      expect(outcome).toEqual({ kind: 'unavailable', reason: 'unparseable_answer' });
    });

    test.each([
      ['two equal lengths', 'content-length: 11\r\ncontent-length: 11\r\n\r\n{"data":[]}'],
      [
        'a length and chunks',
        'content-length: 11\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"data":[]}\r\n0\r\n\r\n',
      ],
      ['two equal media types', 'content-type: application/json\r\ncontent-length: 11\r\n\r\n{"data":[]}'],
      ['two media types in one', 'x: y\r\ncontent-length: 11\r\n\r\n{"data":[]}'],
    ])('a lookup: %s', async (name, rest) => {
      const type = name.endsWith('in one') ? 'application/json, text/html' : 'application/json';
      far.script(server.writeAndClose(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${rest}`));
      const outcome = await withGateway({}, (gateway) => gateway.lookup(REQUEST, options()));
      expect(outcome).toMatchObject({ kind: 'unavailable' });
    });
  });

  test('a certificate that is not trusted is refused before a byte is sent; a trusted one is served', async () => {
    let requests = 0;
    const secure = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
      requests += 1;
      request.resume();
      response.writeHead(200, JSON_HEADERS).end(dialect.approved(REQUEST).body);
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const port = (secure.address() as AddressInfo).port;
    const url = `https://localhost:${port}`;
    try {
      const refused = { kind: 'refused', reason: 'tls_failed' };
      expect(await withGateway({ url }, (gateway) => gateway.call(REQUEST, options()))).toEqual(refused);
      const ca = TEST_CERTIFICATE;
      const wrongName = { url: `https://127.0.0.1:${port}`, ca };
      expect(await withGateway(wrongName, (gateway) => gateway.call(REQUEST, options()))).toEqual(refused);
      expect(requests).toBe(0);
      const outcome = await withGateway({ url, ca }, (gateway) => gateway.call(REQUEST, options()));
      expect(outcome).toMatchObject({ kind: 'approved' });
      expect(requests).toBe(1);
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });
});
