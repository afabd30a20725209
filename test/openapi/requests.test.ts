/** 20,000 requests made from the document, to the real service: what it says of bodies and of answers is what the service does. */
import fc from 'fast-check';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../src/domain/fields.ts';
import { ANSWER_RETENTION_MS, apiDocument } from '../../src/http/openapi/api.ts';
import type { DocumentOperation } from '../../src/http/openapi/document.ts';
import { createKeyBooks } from '../../src/postgres/access/index.ts';
import { openService } from '../client/service.ts';
import { outgoingOf } from '../outgoing/world.ts';
import { createCapturingGateway } from '../support/capturing.ts';
import { createTestKey, keyedAccess } from '../support/keys.ts';
import { nearly, type Schema, valid } from './arbitraries.ts';
import { createChecker } from './checker.ts';

const REQUESTS = 20_000;

const document = apiDocument(ANSWER_RETENTION_MS);
const bodies = document.components.schemas;

/** What the service refuses and no schema can say. */
const UNSAYABLE: readonly ((body: Record<string, unknown>, answer: string) => boolean)[] = [
  // Either of two things, of which one is a header.
  (_body, answer) => answer.includes('refund_identity_required'),
  // Bytes are not characters.
  ({ order_id, refund_id }) => [order_id, refund_id].some((id) => Buffer.byteLength(String(id ?? '')) > 255),
  // The check digit of a card number.
  (_body, answer) => answer.includes('card_number_refused'),
  // UTF-16 units are not characters.
  ({ actor }) => typeof actor === 'string' && actor.length > 100,
  // What a URL holds, and how long it is once it is escaped.
  ({ url }) => typeof url === 'string',
  // Days that no month has.
  ({ since }) => typeof since === 'string' && Number.isNaN(Date.parse(since)),
  // The number of decimals.
  ({ amount }, answer) =>
    typeof amount === 'number' && answer.includes('amount') && !Number.isSafeInteger(amount),
  // The demo's dollars are cents inside.
  ({ amount }, answer) =>
    typeof amount === 'number' && amount > 9e13 && answer.includes('too large to be exact'),
];

const bodyOf = (operation: DocumentOperation): Schema | null => {
  const content = operation.requestBody?.content as Record<string, { schema: { $ref: string } }> | undefined;
  const name = content?.['application/json']?.schema.$ref.split('/').at(-1);
  return name === undefined ? null : (bodies[name] ?? null);
};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase() as 'GET',
    operation,
    schema: bodyOf(operation),
  })),
);

/** Who asks. Most requests are the owner's, so that they get beyond the guard. */
const CALLERS = ['owner', 'rival', 'reader', 'limited', 'wrongMode', 'wrong', 'nobody'] as const;
const caller = fc.oneof(
  { weight: 5, arbitrary: fc.constant<(typeof CALLERS)[number]>('owner') },
  { weight: 1, arbitrary: fc.constantFrom(...CALLERS) },
);

/** The `Authorization` of each. */
async function headersOfCallers(
  pool: pg.Pool,
): Promise<Readonly<Record<(typeof CALLERS)[number], string | undefined>>> {
  const books = createKeyBooks({ pool, timeoutMs: 60_000 });
  await books.createAccount('rival');
  const bearer = async (...[terms]: [Parameters<typeof createTestKey>[1]]) =>
    `Bearer ${await createTestKey(books, terms)}`;
  return {
    owner: await bearer({ accountId: DEFAULT_ACCOUNT, scopes: ['admin'] }),
    rival: await bearer({ accountId: 'rival', scopes: ['admin'] }),
    reader: await bearer({ accountId: DEFAULT_ACCOUNT, scopes: ['payments:read'] }),
    limited: await bearer({ accountId: DEFAULT_ACCOUNT, scopes: ['admin'], perSecond: 1 }),
    wrongMode: await bearer({ accountId: DEFAULT_ACCOUNT, scopes: ['admin'], livemode: true }),
    wrong: 'Bearer po_test_0',
    nobody: undefined,
  };
}

const request = fc.constantFrom(...operations).chain((target) => {
  const { schema, operation } = target;
  const parameters = operation.parameters.filter(({ in: place }) => place === 'query');
  const query = Object.fromEntries(
    parameters.map(({ name, schema: each }) => [String(name), valid(each as Schema)]),
  );
  return fc.record({
    target: fc.constant(target),
    body: schema === null ? fc.constant(undefined) : fc.oneof(valid(schema), nearly(schema)),
    query: fc.record(query, { requiredKeys: [] }),
    pick: fc.nat(),
    key: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
    prefer: fc.constantFrom(undefined, 'wait=0', 'respond-async'),
    caller,
  });
});

test('answers as the document says', { timeout: 600_000 }, async () => {
  const gateway = createCapturingGateway();
  let authorization: Awaited<ReturnType<typeof headersOfCallers>> | undefined;
  const { app } = await openService(gateway, async (pool) => {
    authorization = await headersOfCallers(pool);
    return {
      access: keyedAccess(pool),
      outgoing: outgoingOf(pool),
      defaultWaitMs: 0,
      seedWaitMs: 0,
    };
  });
  const { complaint, answerComplaint } = createChecker(document);
  const ids: Record<'payment' | 'refund' | 'endpoint' | 'event', string[]> = {
    payment: ['01936b1e-7f2a-7c3d-8e4f-0123456789ab', 'x'],
    refund: ['r1'],
    endpoint: ['x'],
    event: ['evt_x'],
  };
  const seen: Record<string, number> = { taken: 0, refused: 0, unsayable: 0 };
  const statuses = new Set<number>();
  const one = (list: readonly string[], pick: number) => encodeURIComponent(list[pick % list.length] ?? 'x');

  async function ask({
    target,
    body,
    query,
    pick,
    key,
    prefer,
    caller: asking,
  }: typeof request extends fc.Arbitrary<infer T> ? T : never) {
    const { path, method, operation, schema } = target;
    const isEndpoint = path.startsWith('/v1/webhook-endpoints');
    const url = path
      .replace('{id}', one(isEndpoint ? ids.endpoint : ids.payment, pick))
      .replace('{refund_id}', one(ids.refund, pick))
      .replace('{event_id}', one(ids.event, pick))
      .replace('{name}', 'http');
    const search = new URLSearchParams(query as Record<string, string>);
    const sent = authorization?.[asking];
    const answer = await app.inject({
      method,
      url: `${url}?${search}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': `k${key}` }),
        ...(prefer === undefined ? {} : { prefer }),
        ...(sent === undefined ? {} : { authorization: sent }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const about = `${asking}: ${method} ${url}?${search} ${JSON.stringify(body)} -> ${answer.statusCode} ${answer.body}`;
    const wrong = answerComplaint(operation, answer);
    if (wrong !== null) throw new Error(`${wrong}: ${about}`);
    if (answer.statusCode >= 500 && ![502, 503].includes(answer.statusCode)) throw new Error(about);
    statuses.add(answer.statusCode);
    if (schema !== null) {
      const fits = complaint(schema, body) === null;
      if (!fits && answer.statusCode < 400)
        throw new Error(`taken, although the document forbids it: ${about}`);
      if (fits && answer.statusCode === 400) {
        if (!UNSAYABLE.some((may) => may(body as Record<string, unknown>, answer.body)))
          throw new Error(`refused, although the document allows it: ${about}`);
        seen.unsayable = (seen.unsayable ?? 0) + 1;
      } else
        seen[answer.statusCode < 400 ? 'taken' : 'refused'] =
          (seen[answer.statusCode < 400 ? 'taken' : 'refused'] ?? 0) + 1;
    }
    if (answer.statusCode < 300 && answer.body !== '') {
      const { payment_id, refund_id, id, event_id } = answer.json();
      if (payment_id) ids.payment.push(payment_id);
      if (refund_id) ids.refund.push(refund_id);
      if (id) ids.endpoint.push(id);
      if (event_id) ids.event.push(event_id);
    }
  }

  // Eight at a time: each answer is awaited, and none depends on another.
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 8 }), async (requests) => {
      await Promise.all(requests.map(ask));
    }),
    { numRuns: REQUESTS / 8, endOnFailure: true },
  );
  for (const status of [200, 201, 202, 204, 400, 401, 403, 404, 409, 422, 429])
    expect(statuses).toContain(status);
  // The draw decides how many: about 1,030 are taken and 8,400 refused. These are far below any draw.
  expect(seen.taken).toBeGreaterThan(500);
  expect(seen.refused).toBeGreaterThan(500);
});
