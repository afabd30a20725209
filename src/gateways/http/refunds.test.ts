/** Refunds over HTTP: what is special about this protocol. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refunds as dialect, refund } from '../../../examples/http-dialect.mjs';
import { CONTRACT } from '../../../test/support/contract.ts';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import type { Gateway } from '../../ports/gateway.ts';
import { REFUND } from '../../testing/refunds-harness.ts';
import * as server from '../../testing/server.ts';
import { createHttpGateway } from './index.ts';

const json = (status: number, value: unknown): server.RawAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

describe('refunds of the http adapter', () => {
  let far: server.ScriptedServer;
  let gateway: Gateway;
  const limits = { timeoutMs: 60_000, mayLeave: () => true };
  beforeEach(async () => {
    far = await server.startScriptedServer();
    gateway = createHttpGateway({
      url: `http://127.0.0.1:${far.port}/gw/v2/`,
      contract: CONTRACT,
      token: 'sk_test',
    });
  });
  afterEach(async () => {
    await gateway.close();
    await far.close();
  });
  const call = (raw: server.RawAnswer, request = REFUND) => {
    far.script(server.answer(raw));
    return gateway.refunds?.call(request, limits);
  };
  const lookup = (value: unknown) => {
    far.script(server.answer(json(200, value)));
    return gateway.refunds?.lookup(REFUND, limits);
  };
  const sum = (body: string) => {
    far.script(server.answer({ ...dialect.charge(REFUND, { refunded: 0 }), body }));
    return gateway.refunds?.refunded?.(REFUND, limits);
  };

  test('speak the protocol below the base path, and always send the amount', async () => {
    await call(dialect.succeeded(REFUND));
    far.script(server.answer(dialect.found(REFUND, [])));
    await gateway.refunds?.lookup({ ...REFUND, key: 'a key&b=c' }, limits);
    await sum(String(dialect.charge(REFUND, { refunded: 0 }).body));
    const [post, byKey, byId] = far.requests;
    expect(post).toMatchObject({ method: 'POST', path: '/gw/v2/charges/ch_1/refunds' });
    expect(post?.headers).toMatchObject({
      'idempotency-key': REFUND.key,
      'content-type': 'application/json',
      authorization: 'Bearer sk_test',
    });
    expect(JSON.parse(post?.body ?? '')).toEqual({ amount: 4_000 });
    expect(byKey).toMatchObject({ method: 'GET', body: '' });
    expect(decodedPath(byKey)).toBe('/gw/v2/refunds?idempotency_key=a key&b=c');
    expect(byId).toMatchObject({ method: 'GET', path: '/gw/v2/charges/ch_1', body: '' });
  });

  test('an id of a charge stays one part of the path', async () => {
    const chargeRef = 'ch/../x?y#z%2e';
    const request = { ...REFUND, chargeRef };
    expect(await call(dialect.succeeded(request), request)).toMatchObject({ kind: 'approved' });
    far.script(server.answer(dialect.charge(request, { refunded: 5 })));
    expect(await gateway.refunds?.refunded?.(request, limits)).toEqual({ kind: 'refunded', amountMinor: 5 });
    const path = '/gw/v2/charges/ch%2F..%2Fx%3Fy%23z%252e';
    expect(far.requests.map((one) => one.path)).toEqual([`${path}/refunds`, path]);
  });

  test.each(['', '.', '..'])(
    'an id of a charge that would lead elsewhere ("%s") is not sent',
    async (chargeRef) => {
      const request = { ...REFUND, chargeRef };
      const reason = 'charge_id_unusable';
      expect(await call(dialect.succeeded(request), request)).toEqual({ kind: 'refused', reason });
      expect(await gateway.refunds?.refunded?.(request, limits)).toEqual({ kind: 'unavailable', reason });
      expect(far.connections()).toBe(0);
    },
  );

  test.each([
    [200, 'failed'],
    [200, 'canceled'],
    [202, 'succeeded'],
    [202, 'failed'],
    [402, 'succeeded'],
    [402, 'pending'],
  ])('%i with a refund that is %s contradicts itself: unknown', async (status, word) => {
    const raw = { ...dialect.succeeded(REFUND, { status: word }), status };
    expect(await call(raw)).toEqual({ kind: 'unknown', answered: false, reason: 'contradicting_answer' });
  });

  test('a code is passed on if it is a word, and only then', async () => {
    const failed = (code: string) => call(dialect.failed(REFUND, { code }));
    expect(await failed('refund_declined')).toMatchObject({ code: 'refund_declined' });
    for (const code of ['two words', 'x'.repeat(65), `pan4${'0'.repeat(14)}2`])
      expect(await failed(code)).toMatchObject({ kind: 'declined', code: 'failed' });
  });

  test('what is no refund although it looks like one gave nothing back', async () => {
    const { charge: _none, ...charge } = refund(REFUND, 'succeeded');
    for (const one of [{ ...refund(REFUND, 'succeeded'), object: 'capture' }, charge]) {
      expect(await call(json(200, one))).toMatchObject({ kind: 'unknown', reason: 'unparseable_answer' });
      expect(await lookup({ data: [one] })).toEqual({ kind: 'unavailable', reason: 'unparseable_refund' });
    }
    const { object: _left, ...plain } = refund(REFUND, 'succeeded');
    expect(await call(json(200, plain))).toMatchObject({ kind: 'approved' });
  });

  test('a list that names a key is about that key', async () => {
    expect(await lookup({ data: [], idempotency_key: 'another' })).toMatchObject({ kind: 'unavailable' });
    expect(await lookup({ data: [] })).toEqual({ kind: 'absent' });
  });

  test.each([{ next_cursor: 'abc' }, { has_more: true }, { error: 'shard_unavailable' }])(
    'a page is not the list, whatever its refunds are: %j',
    async (more) => {
      for (const list of [[], ['succeeded'], ['pending'], ['failed']]) {
        const data = list.map((status) => refund(REFUND, status));
        expect(await lookup({ data, ...more })).toEqual({ kind: 'unavailable', reason: 'incomplete_list' });
      }
    },
  );

  test('a refund of the other mode is a mismatch', async () => {
    const other = { ...refund(REFUND, 'succeeded'), livemode: false };
    const expected = { kind: 'mismatch', ref: 're_default', reason: 'livemode_mismatch' };
    expect(await call(json(200, other))).toEqual(expected);
    expect(await lookup({ data: [other] })).toEqual(expected);
  });

  test.each(['4000.0', '4e3', '4000.0000000000000001'])(
    'a sum that is written as %s is no sum',
    async (written) => {
      const body = String(dialect.charge(REFUND, { refunded: 4_000 }).body);
      expect(await sum(body)).toEqual({ kind: 'refunded', amountMinor: 4_000 });
      const changed = body.replace('"refunded":4000', `"refunded" :${written}`);
      expect(changed).toContain(written);
      expect(await sum(changed)).toMatchObject({ kind: 'unavailable' });
    },
  );
});
