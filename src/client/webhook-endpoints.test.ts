/** Endpoints: what is sent, what is repeated, and what is told when an answer is lost. */
import { describe, expect, test } from 'vitest';
import { problem, type Scripted, scriptedClient } from '../../test/client/scripted.ts';
import { PayonceChangeError, PayonceInputError } from './errors.ts';

const ID = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';
const URL_OF = `https://pay.example/prefix/v1/webhook-endpoints`;
const endpoint = (changes: Readonly<Record<string, unknown>> = {}) => ({
  id: ID,
  url: 'https://shop.example/hook',
  description: null,
  event_types: null,
  status: 'ENABLED',
  disabled_reason: null,
  failures_in_row: 0,
  paused_until: null,
  previous_secret_until: null,
  created_at: '2026-11-23T12:00:00.000Z',
  updated_at: '2026-11-23T12:00:01.000Z',
  ...changes,
});
const delivery = (changes: Readonly<Record<string, unknown>> = {}) => ({
  event_id: 'evt_1',
  type: 'payment.succeeded',
  payment_id: ID,
  status: 'PENDING',
  attempts: 0,
  happened_at: '2026-11-23T12:00:00.000Z',
  next_attempt_at: '2026-11-23T12:00:00.000Z',
  ended_at: null,
  ...changes,
});
const made: Scripted = { status: 201, body: endpoint({ secret: 'whsec_x' }) };
const unavailable = problem(503, 'store_unavailable');

describe('a new endpoint', () => {
  test('is sent with the names of the API, and comes with its secret', async () => {
    const { client, sent } = scriptedClient([made]);
    const input = { url: 'https://shop.example/hook', eventTypes: ['payment.succeeded'] as const };
    expect(await client.webhookEndpoints.create(input)).toMatchObject({
      endpointId: ID,
      secret: 'whsec_x',
      eventTypes: null,
      createdAtMs: Date.parse('2026-11-23T12:00:00.000Z'),
    });
    expect(sent).toMatchObject([
      { method: 'POST', url: URL_OF, body: { url: input.url, event_types: ['payment.succeeded'] } },
    ]);
  });

  test('is asked for again only if nothing was stored', async () => {
    const { client, sent } = scriptedClient([unavailable, made]);
    await client.webhookEndpoints.create({ url: 'https://shop.example/hook' });
    expect(sent).toHaveLength(2);
  });

  test.each<[string, Scripted]>([
    ['the connection broke', 'throws'],
    ['the server does not know', problem(503, 'store_outcome_unknown')],
    ['a proxy answered', { status: 502, body: 'bad gateway' }],
    ['the answer has no secret', { status: 201, body: endpoint() }],
  ])('may be there if %s, and nobody makes another one', async (_what, lost) => {
    const { client, sent } = scriptedClient([unavailable, lost, made]);
    const error = await client.webhookEndpoints
      .create({ url: 'https://shop.example/hook' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PayonceChangeError);
    expect(error).toMatchObject({ mayBeDone: true });
    expect(sent).toHaveLength(2);
  });

  test('that is refused was not made', async () => {
    const { client } = scriptedClient([problem(409, 'webhook_endpoint_exists')]);
    await expect(client.webhookEndpoints.create({ url: 'https://shop.example/hook' })).rejects.toMatchObject({
      code: 'webhook_endpoint_exists',
      status: 409,
      mayBeDone: false,
    });
  });

  test('with a misspelt field is not sent', async () => {
    const { client, sent } = scriptedClient([made]);
    const input = { url: 'https://shop.example/hook', event_types: [] };
    await expect(client.webhookEndpoints.create(input)).rejects.toThrow(PayonceInputError);
    expect(sent).toEqual([]);
  });
});

describe('a change', () => {
  test('is repeated until it is known to be done', async () => {
    const { client, sent } = scriptedClient(['throws', { status: 200, body: endpoint() }]);
    await client.webhookEndpoints.update(ID, { enabled: false, eventTypes: null });
    const request = { method: 'PATCH', url: `${URL_OF}/${ID}`, body: { enabled: false, event_types: null } };
    expect(sent).toMatchObject([request, request]);
  });

  test('that was refused after an answer was lost may have been made', async () => {
    const { client } = scriptedClient(['throws', problem(404, 'webhook_endpoint_not_found')]);
    await expect(client.webhookEndpoints.update(ID, {})).rejects.toMatchObject({ mayBeDone: true });
  });

  test('of another endpoint is not believed', async () => {
    const other = { status: 200, body: endpoint({ id: ID.replace('0193', '0194') }) };
    const { client } = scriptedClient([other], { maxRetries: 1 });
    await expect(client.webhookEndpoints.update(ID, {})).rejects.toMatchObject({ code: 'not_believed' });
  });
});

describe('a rotation', () => {
  test('is not repeated once it may have been made', async () => {
    const { client, sent } = scriptedClient(['throws', made]);
    const error = await client.webhookEndpoints.rotateSecret(ID).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ mayBeDone: true });
    expect(sent).toHaveLength(1);
  });

  test('says how long both secrets sign', async () => {
    const { client, sent } = scriptedClient([made]);
    await client.webhookEndpoints.rotateSecret(ID, { overlapS: 60 });
    expect(sent).toMatchObject([{ url: `${URL_OF}/${ID}/rotate-secret`, body: { overlap_s: 60 } }]);
    await expect(client.webhookEndpoints.rotateSecret(ID, { overlapS: 604_801 })).rejects.toThrow(
      PayonceInputError,
    );
  });
});

describe('a deletion', () => {
  const gone: Scripted = { status: 204, body: '' };

  test.each<[string, readonly Scripted[]]>([
    ['deleted', [gone]],
    ['deleted after a lost answer', ['throws', gone]],
    ['gone before', [problem(404, 'webhook_endpoint_not_found')]],
    ['gone, and the answer was lost', ['throws', problem(404, 'webhook_endpoint_not_found')]],
  ])('resolves if it is %s', async (_what, answers) => {
    const { client, sent } = scriptedClient(answers);
    expect(await client.webhookEndpoints.remove(ID)).toBeUndefined();
    expect(sent.map(({ method }) => method)).toEqual(answers.map(() => 'DELETE'));
  });

  test('rejects if somebody else says that there is nothing', async () => {
    const { client } = scriptedClient([{ status: 404, body: 'not here' }], { maxRetries: 0 });
    await expect(client.webhookEndpoints.remove(ID)).rejects.toMatchObject({ code: 'not_believed' });
  });
});

describe('deliveries', () => {
  test('are listed by status', async () => {
    const { client, sent } = scriptedClient([
      { status: 200, body: { data: [delivery()], next_cursor: null } },
    ]);
    const { things } = await client.webhookEndpoints.deliveries(ID, { status: 'DEAD' }).page();
    expect(things[0]).toMatchObject({ eventId: 'evt_1', status: 'PENDING', endedAtMs: null });
    expect(sent[0]?.url).toBe(`${URL_OF}/${ID}/deliveries?status=DEAD&limit=100`);
  });

  test('are read with their tries; null if there is none', async () => {
    const tries = [{ n: 1, at: '2026-11-23T12:00:00Z', took_ms: 5, status: 500, answer: 'no', error: null }];
    const one = scriptedClient([{ status: 200, body: delivery({ tries }) }]).client;
    expect(await one.webhookEndpoints.findDelivery(ID, 'evt_1')).toMatchObject({
      tries: [{ n: 1, tookMs: 5, status: 500, answer: 'no', error: null }],
    });
    const none = scriptedClient([problem(404, 'webhook_delivery_not_found')]).client;
    expect(await none.webhookEndpoints.findDelivery(ID, 'evt_1')).toBeNull();
  });

  test('are sent again, one or all, also after a lost answer', async () => {
    const one = scriptedClient(['throws', { status: 202, body: delivery() }]);
    await one.client.webhookEndpoints.resend(ID, 'evt_1');
    expect(one.sent.map(({ url }) => url)).toEqual(Array(2).fill(`${URL_OF}/${ID}/deliveries/evt_1/resend`));
    const all = scriptedClient(['throws', { status: 202, body: { resent: 3, more: false } }]);
    const sinceMs = Date.parse('2026-11-23T12:00:00.000Z');
    expect(await all.client.webhookEndpoints.resendSince(ID, sinceMs)).toEqual({ resent: 3, more: false });
    expect(all.sent[1]?.body).toEqual({ since: '2026-11-23T12:00:00.000Z' });
  });
});

test('an id that is none is not sent', async () => {
  const { client, sent } = scriptedClient([made]);
  await expect(client.webhookEndpoints.find('../payments')).rejects.toThrow(PayonceInputError);
  expect(sent).toEqual([]);
});
