/** Captures over HTTP: what is special about this protocol. The checks of every adapter are in `suite.test.ts`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authorized, captures as dialect } from '../../../examples/http-dialect.mjs';
import { CONTRACT } from '../../../test/support/contract.ts';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import type { Gateway } from '../../ports/gateway.ts';
import { CAPTURE, MANUAL } from '../../testing/captures-harness.ts';
import * as server from '../../testing/server.ts';
import { createHttpGateway } from './index.ts';

describe('captures of the http adapter', () => {
  let far: server.ScriptedServer;
  let gateway: Gateway;
  const limits = { timeoutMs: 60_000, mayLeave: () => true };
  beforeEach(async () => {
    far = await server.startScriptedServer();
    gateway = createHttpGateway({ url: `http://127.0.0.1:${far.port}/gw/`, contract: CONTRACT });
  });
  afterEach(async () => {
    await gateway.close();
    await far.close();
  });

  test('speak the protocol, and a charge says that it is not to be captured', async () => {
    far.script(
      server.answer(dialect.authorized(MANUAL)),
      server.answer(dialect.succeeded('capture', CAPTURE)),
      server.answer(dialect.succeeded('void', CAPTURE)),
      server.answer(dialect.found('capture', CAPTURE, [])),
      server.answer(dialect.behind(CAPTURE, {})),
      server.answer(dialect.found('void', CAPTURE, [{}])),
    );
    await gateway.call(MANUAL, limits);
    await gateway.captures?.capture.call(CAPTURE, limits);
    await gateway.captures?.void.call(CAPTURE, limits);
    await gateway.captures?.capture.lookup(CAPTURE, limits);
    await gateway.captures?.void.lookup(CAPTURE, limits);
    expect(far.requests.map((one) => `${one.method} ${decodedPath(one)}`)).toEqual([
      'POST /gw/charges',
      'POST /gw/charges/ch_1/capture',
      'POST /gw/charges/ch_1/void',
      `GET /gw/captures?idempotency_key=${CAPTURE.key}`,
      'GET /gw/charges/ch_1',
      `GET /gw/voids?idempotency_key=${CAPTURE.key}`,
    ]);
    expect(JSON.parse(far.requests[0]?.body ?? '')).toMatchObject({ capture: false });
    expect(JSON.parse(far.requests[1]?.body ?? '')).toEqual({ amount: 4_000 });
    expect(JSON.parse(far.requests[2]?.body ?? '')).toEqual({});
  });

  test.each([
    ['already_captured', true],
    ['charge_not_succeeded', true],
    ['operation_under_way', undefined],
  ] as const)(
    'that is answered %s: whether the same call would get the same answer',
    async (word, lookFirst) => {
      far.script(server.answer(dialect.error(CAPTURE, 409, word)));
      expect(await gateway.captures?.capture.call(CAPTURE, limits)).toEqual({
        kind: 'unknown',
        answered: true,
        reason: word,
        ...(lookFirst && { lookFirst }),
      });
    },
  );

  test('are not offered where nothing can be looked up', async () => {
    const contract = { ...CONTRACT, lookup: false };
    const blind = createHttpGateway({ url: `http://127.0.0.1:${far.port}/gw/`, contract });
    expect(blind).not.toHaveProperty('captures');
    expect(blind).toHaveProperty('refunds');
    await blind.close();
  });

  test.each(['', '.', '..'])('of the charge "%s" are not sent', async (chargeRef) => {
    for (const kind of ['capture', 'void'] as const)
      expect(await gateway.captures?.[kind].call({ ...CAPTURE, chargeRef }, limits)).toMatchObject({
        kind: 'refused',
      });
    expect(far.requests).toEqual([]);
  });

  test('a charge in the word of another gateway is held as well', async () => {
    far.script(
      server.answer({
        ...dialect.authorized(MANUAL),
        body: JSON.stringify({ ...authorized(MANUAL), status: 'authorized' }),
      }),
    );
    expect(await gateway.call(MANUAL, limits)).toMatchObject({ kind: 'approved' });
  });

  test('a charge that was captured and refunded says both, and is still this capture', async () => {
    const refunded = { status: 'refunded', captured: 4_000, refunded: 4_000 };
    const body = (data: object) => ({ ...dialect.authorized(MANUAL), body: JSON.stringify(data) });
    far.script(
      server.answer(body({ data: [{ ...authorized(MANUAL), ...refunded }], idempotency_key: MANUAL.key })),
      server.answer(dialect.found('capture', CAPTURE, [])),
      server.answer(
        body({ ...authorized({ ...CAPTURE, key: MANUAL.key }, {}, CAPTURE.chargeRef), ...refunded }),
      ),
    );
    const ref = 'ch_default';
    expect(await gateway.lookup(MANUAL, limits)).toEqual({
      kind: 'reversed',
      refs: [ref],
      captured: { ref, amountMinor: 4_000 },
    });
    expect(await gateway.captures?.capture.lookup(CAPTURE, limits)).toMatchObject({ kind: 'succeeded' });
  });

  test('a charge that leaves out what was captured may be held or taken, so it is no answer', async () => {
    // A writer that leaves out zero leaves it out of money that is held.
    const silent = { captured: undefined };
    const body = (data: object) => ({ ...dialect.authorized(MANUAL), body: JSON.stringify(data) });
    const unclear = { kind: 'unavailable', reason: expect.stringMatching(/^unparseable_/) };
    const charge = { ...authorized(MANUAL), ...silent };
    far.script(
      server.answer(body(charge)),
      server.answer(body({ data: [charge], idempotency_key: MANUAL.key })),
    );
    expect(await gateway.call(MANUAL, limits)).toMatchObject({ kind: 'unknown', answered: false });
    expect(await gateway.lookup(MANUAL, limits)).toEqual(unclear);
    const behind = { ...authorized({ ...CAPTURE, key: MANUAL.key }, {}, CAPTURE.chargeRef), ...silent };
    for (const kind of ['capture', 'void'] as const) {
      far.script(server.answer(dialect.found(kind, CAPTURE, [])), server.answer(body(behind)));
      expect(await gateway.captures?.[kind].lookup(CAPTURE, limits)).toEqual(unclear);
    }
  });

  test.each(['capture', 'void'] as const)(
    'a %s of a charge that was declined cannot be done',
    async (kind) => {
      const declined = {
        ...authorized({ ...CAPTURE, key: MANUAL.key }, {}, CAPTURE.chargeRef),
        status: 'declined',
      };
      far.script(
        server.answer(dialect.found(kind, CAPTURE, [])),
        server.answer({ ...dialect.authorized(MANUAL), body: JSON.stringify(declined) }),
      );
      expect(await gateway.captures?.[kind].lookup(CAPTURE, limits)).toEqual({
        kind: 'absent',
        code: 'not_authorized',
      });
    },
  );

  test('an old answer does not say that the money is still held, but that it was captured', async () => {
    const lookup = async (changes: object) => {
      const data = [{ ...authorized(MANUAL), ...changes }];
      const body = JSON.stringify({ data, idempotency_key: MANUAL.key });
      far.script(
        server.answer({ status: 200, headers: { 'content-type': 'application/json', age: '9' }, body }),
      );
      return gateway.lookup(MANUAL, limits);
    };
    expect(await lookup({})).toEqual({ kind: 'unavailable', reason: 'cached_answer' });
    expect(await lookup({ captured: 4_000 })).toMatchObject({ kind: 'captured', amountMinor: 4_000 });
  });

  test('an old answer about the charge proves only what it shows', async () => {
    const old = (raw: server.RawAnswer): server.RawAnswer => ({
      ...raw,
      headers: { ...raw.headers, age: '9' },
    });
    far.script(
      server.answer(dialect.found('capture', CAPTURE, [])),
      server.answer(old(dialect.behind(CAPTURE, {}))),
      server.answer(dialect.found('capture', CAPTURE, [])),
      server.answer(old(dialect.behind(CAPTURE, { capturedMinor: 4_000 }))),
    );
    expect(await gateway.captures?.capture.lookup(CAPTURE, limits)).toMatchObject({ kind: 'unavailable' });
    expect(await gateway.captures?.capture.lookup(CAPTURE, limits)).toMatchObject({ kind: 'succeeded' });
  });
});
