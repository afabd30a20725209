/** Captures over HTTP: the suite of every adapter, and what is special about this protocol. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as server from '../../../test/suites/gateway.server.ts';
import {
  type AuthorizedReport,
  CAPTURE,
  type CaptureChanges,
  type CaptureDialect,
  gatewayCapturesSuite,
  MANUAL,
} from '../../../test/suites/gateway-captures.suite.ts';
import { CONTRACT } from '../../../test/support/contract.ts';
import type { CaptureRequest } from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { Gateway } from '../../ports/gateway.ts';
import { createHttpGateway } from './index.ts';

const json = (status: number, value: unknown): server.RawAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

function charge(
  request: { key: string; reference: string; currency: string },
  report: AuthorizedReport = {},
  id = 'ch_default',
) {
  const { released, capturedMinor = 0, authorizedUntilMs } = report;
  return {
    id: report.id ?? id,
    status: released === true ? 'voided' : 'succeeded',
    amount: 10_000,
    currency: report.currency ?? request.currency,
    reference: report.reference ?? request.reference,
    idempotency_key: request.key,
    livemode: report.livemode,
    captured: capturedMinor,
    refunded: 0,
    ...(authorizedUntilMs === undefined
      ? {}
      : { authorized_until: new Date(authorizedUntilMs).toISOString() }),
  };
}

function operation(
  kind: ExclusiveKind,
  request: CaptureRequest,
  status: string,
  changes: CaptureChanges = {},
) {
  return {
    id: changes.id ?? 'x_default',
    object: kind,
    status: changes.status ?? status,
    amount: changes.amountMinor ?? request.amountMinor,
    currency: changes.currency ?? request.currency,
    charge: changes.chargeRef ?? request.chargeRef,
    reference: changes.reference ?? request.reference,
    idempotency_key: changes.key ?? request.key,
    code: changes.code,
    created_at: '2030-01-01T00:00:00.000Z',
  };
}

const dialect: CaptureDialect = {
  authorized: (request, report) => json(200, charge(request, report)),
  charges: (request, reports) =>
    json(200, { data: reports.map((report) => charge(request, report)), idempotency_key: request.key }),
  succeeded: (kind, request, changes) => json(200, operation(kind, request, 'succeeded', changes)),
  pending: (kind, request, changes) => json(202, operation(kind, request, 'pending', changes)),
  failed: (kind, request, changes) => json(402, operation(kind, request, 'failed', changes)),
  found: (kind, request, list) =>
    json(200, {
      data: list.map((changes) => operation(kind, request, 'succeeded', changes)),
      idempotency_key: request.key,
    }),
  behind: (request, report) =>
    json(200, charge({ ...request, key: 'of the charge' }, report, request.chargeRef)),
  error: ({ key }, status, word) => json(status, { error: word, idempotency_key: key }),
};

gatewayCapturesSuite('http', () => ({
  dialect,
  connect: (origin, options = {}) => createHttpGateway({ url: origin, contract: CONTRACT, ...options }),
}));

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
    expect(far.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
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

  test.each(['', '.', '..'])('of the charge "%s" are not sent', async (chargeRef) => {
    for (const kind of ['capture', 'void'] as const)
      expect(await gateway.captures?.[kind].call({ ...CAPTURE, chargeRef }, limits)).toMatchObject({
        kind: 'refused',
      });
    expect(far.requests).toEqual([]);
  });

  test('a charge in the word of another gateway is held as well', async () => {
    far.script(server.answer(json(200, { ...charge(MANUAL), status: 'authorized' })));
    expect(await gateway.call(MANUAL, limits)).toMatchObject({ kind: 'approved' });
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
