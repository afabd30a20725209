/** Who is let in over HTTP, what the others are told, and what the log says of it. */
import { describe, expect, it } from 'vitest';
import type { Access, Admission } from '../../src/access/access.ts';
import type { Caller } from '../../src/access/caller.ts';
import { SCOPES, type Scope } from '../../src/domain/scopes.ts';
import { SEED_ROUTES } from '../../src/http/routes-seed.ts';
import { V1_ROUTES } from '../../src/http/routes-v1.ts';
import { StoreError } from '../../src/ports/store.ts';
import { body, expectProblem, harness, PAYMENT_ID, payment, rawPost, SECRET, talk } from './support.ts';

const CALLER: Caller = { accountId: 'shop', keyId: 'key-1', may: () => true, take: () => null };

/** A server on which every request is admitted like this. */
function guarded(admission: Admission | Promise<Admission>, more: { host?: string } = {}) {
  const seen: (string | undefined)[] = [];
  const access: Access = {
    admit(authorization) {
      seen.push(authorization);
      return admission;
    },
  };
  return { ...harness({ payment: () => payment }, { access, ...more }), seen };
}

const ROUTES = [...V1_ROUTES, ...SEED_ROUTES];
const urlOf = (path: string) => path.replace(':id', PAYMENT_ID).replace(':refund_id', 'r1');

describe('every route', () => {
  it('is guarded, but for these', async () => {
    const { app } = guarded('unauthorized');
    const open: string[] = [];
    const all: { method: string; url: string }[] = [];
    app.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) all.push({ method: each, url });
    });
    await app.ready();
    for (const { method, url } of all) {
      const { statusCode } = await app.inject({ method: method as 'GET', url: urlOf(url) });
      if (statusCode !== 401) open.push(`${method} ${url}`);
    }
    // The last one is guarded by the gateway’s signature.
    expect(open.sort()).toEqual([
      'GET /healthz',
      'GET /openapi.json',
      'GET /problems',
      'GET /problems/:code',
      'GET /readyz',
      'GET /reference',
      'HEAD /healthz',
      'HEAD /openapi.json',
      'HEAD /problems',
      'HEAD /problems/:code',
      'HEAD /readyz',
      'HEAD /reference',
      'POST /v1/gateways/:name/webhooks',
    ]);
    expect(all.length).toBeGreaterThan(ROUTES.length);
  });

  it.each(ROUTES.map(({ method, path, scope }) => [method, path, scope] as const))(
    '%s %s needs the scope %s, and no other one is enough',
    async (method, path, scope) => {
      const without = (missing: Scope): Caller => ({ ...CALLER, may: (wanted) => wanted !== missing });
      const refused = guarded(without(scope));
      const answer = await refused.inject({ method, url: urlOf(path) });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'scope_missing']);
      expect(answer.headers['www-authenticate']).toContain(`scope="${scope}"`);
      expect([refused.charges, refused.refunds, refused.exclusives, refused.operated]).toEqual([
        [],
        [],
        [],
        [],
      ]);
      const only = guarded({ ...CALLER, may: (wanted) => wanted === scope });
      expect((await only.inject({ method, url: urlOf(path) })).statusCode).not.toBe(403);
    },
  );

  it('has a scope of the list', () => {
    for (const { scope } of ROUTES) expect(SCOPES).toContain(scope);
  });
});

describe('a request that is not admitted', () => {
  it.each([
    ['unauthorized', 401],
    ['api_key_wrong_mode', 401],
    ['api_key_not_checked', 503],
  ] as const)('%s is %i, and nothing was asked of the engine', async (refusal, status) => {
    const { post, charges } = guarded(refusal);
    const answer = await post(body);
    expectProblem(answer, status, refusal);
    expect(answer.json().detail).toContain('Nothing was stored or sent.');
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer realm="payonce"' : undefined);
    expect(charges).toEqual([]);
  });

  it('is answered in the style of its routes', async () => {
    const { start } = guarded('unauthorized');
    const answer = await start({ order_id: 'o', amount: 1 });
    expect([answer.statusCode, answer.json()]).toEqual([
      401,
      { code: 'unauthorized', error: expect.stringContaining('API key') },
    ]);
  });

  it('is answered before its body is read', async () => {
    const { listen } = guarded('unauthorized');
    const bytes = rawPost('/v1/payments', 'x'.repeat(1000)).toString();
    const head = bytes.slice(0, bytes.indexOf('\r\n\r\n') + 4);
    // The body never comes.
    const answer = await talk(await listen(), head.replace('Connection: close\r\n', ''), (socket) =>
      socket.once('data', () => socket.end()),
    );
    expect(answer.status).toBe(401);
  });

  it.each(['unavailable', 'outcome_unknown'] as const)(
    'is 503 if the key cannot be read (%s): nothing can have been stored',
    async (kind) => {
      const { post } = guarded(Promise.reject(new StoreError(kind, 'away')));
      expectProblem(await post(body), 503, 'store_unavailable');
    },
  );

  it('comes after the refusal of a server that is shutting down', async () => {
    const { inject } = harness({}, { access: { admit: () => 'unauthorized' }, isDraining: () => true });
    expectProblem(await inject({ method: 'GET', url: '/v1/payments' }), 503, 'shutting_down');
  });
});

describe('a request that is admitted', () => {
  it('is about the account of its key', async () => {
    const { post, charges } = guarded(Promise.resolve(CALLER));
    await post(body);
    expect(charges).toMatchObject([{ order: { accountId: 'shop' } }]);
  });

  it('hands over the header as it came', async () => {
    const { post, seen } = guarded(CALLER);
    await post(body, { authorization: `Bearer ${SECRET}` });
    expect(seen).toEqual([`Bearer ${SECRET}`]);
  });

  it('is refused with a time if its key has used up its limit, before its body is read', async () => {
    const { post, charges } = guarded({ ...CALLER, take: () => 1500 });
    const answer = await post('{');
    expectProblem(answer, 429, 'rate_limited');
    expect([answer.headers['retry-after'], answer.json().retry_after_ms]).toEqual(['2', 1500]);
    expect(charges).toEqual([]);
  });

  it('does not use up the limit if its scope is missing', async () => {
    let taken = 0;
    const take = () => {
      taken += 1;
      return null;
    };
    const { post } = guarded({ ...CALLER, may: () => false, take });
    await post(body);
    expect(taken).toBe(0);
  });
});

describe('the line in the log', () => {
  it('names the account and the id of the key, and never the key', async () => {
    const { post, lines } = guarded(CALLER);
    await post(body, { authorization: `Bearer ${SECRET}` });
    expect(lines).toMatchObject([{ account_id: 'shop', key_id: 'key-1', status: 201 }]);
  });

  it('names nobody if nobody was admitted', async () => {
    const { post, lines } = guarded('unauthorized');
    await post(body, { authorization: `Bearer ${SECRET}` });
    expect(lines).toMatchObject([{ code: 'unauthorized', status: 401 }]);
    expect(lines[0]).not.toHaveProperty('account_id');
    expect(lines[0]).not.toHaveProperty('key_id');
  });

  it('names who was refused for a missing scope', async () => {
    const { post, lines } = guarded({ ...CALLER, may: () => false });
    await post(body);
    expect(lines).toMatchObject([{ account_id: 'shop', key_id: 'key-1', code: 'scope_missing' }]);
  });
});

describe('a server without keys and a web page', () => {
  const ANYBODY: Caller = { ...CALLER, accountId: 'default', keyId: null };
  const HOSTS = [
    'localhost',
    'LOCALHOST:8000',
    '127.0.0.1:8000',
    '127.9.9.9',
    '[::1]:8000',
    'payonce.test:8000',
  ];
  const OTHERS = [
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0:8000',
  ];

  it.each(HOSTS)('is asked at %s', async (host) => {
    const { post } = guarded(ANYBODY, { host: 'payonce.test' });
    expect((await post(body, { host })).statusCode).toBe(201);
  });

  it.each(OTHERS)(
    'refuses the host %j, also for reading: the page has a name of its own that leads here',
    async (host) => {
      const { post, inject, charges } = guarded(ANYBODY, { host: 'payonce.test' });
      expectProblem(await post(body, { host }), 403, 'origin_refused');
      expectProblem(
        await inject({ method: 'GET', url: '/v1/payments', headers: { host } }),
        403,
        'origin_refused',
      );
      expect(charges).toEqual([]);
    },
  );

  it.each([
    'http://evil.example',
    'https://localhost.evil.example',
    'null',
    'http://localhost:9999',
    'http://localhost:8000.evil.example',
  ])('changes nothing for a page of %s, and can be read', async (origin) => {
    const { post, inject, charges } = guarded(ANYBODY);
    const headers = { host: 'localhost:8000', origin };
    expectProblem(await post(body, headers), 403, 'origin_refused');
    expect(
      (await inject({ method: 'POST', url: `/v1/payments/${PAYMENT_ID}/void`, headers })).statusCode,
    ).toBe(403);
    expect(charges).toEqual([]);
    const { statusCode } = await inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}`, headers });
    expect(statusCode).toBe(200);
  });

  it.each(['http://localhost:8000', 'https://localhost:8000'])(
    'takes requests of its own pages: %s',
    async (origin) => {
      expect((await guarded(ANYBODY).post(body, { host: 'localhost:8000', origin })).statusCode).toBe(201);
    },
  );

  it('with a key, the page and the host do not count: a page of another site does not have it', async () => {
    const headers = { host: 'pay.example', origin: 'https://shop.example' };
    expect((await guarded(CALLER).post(body, headers)).statusCode).toBe(201);
  });
});
