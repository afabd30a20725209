/** What the library passes on of a gateway's event, and what it refuses. */
import { describe, expect, it } from 'vitest';
import type { WebhookAnswer, WebhookWanted } from '../engine/api.ts';
import type { RunningEngine } from '../engine/engine.ts';
import { webhookProblem } from '../engine/webhooks/problem.ts';
import { createFrontDoor } from './index.ts';
import type { WebhookInput } from './webhook-api.ts';

const BODY = '{ "ü": 1.0 }';

function opened(answer: WebhookAnswer = { kind: 'taken' }) {
  const asked: WebhookWanted[] = [];
  const engine = {
    gatewayWebhook: async (wanted: WebhookWanted) => {
      asked.push(wanted);
      return answer;
    },
  };
  return { payonce: createFrontDoor(engine as unknown as RunningEngine, true), asked };
}

describe('gatewayWebhook', () => {
  it('passes on the body byte for byte, and the headers in lower case', async () => {
    const { payonce, asked } = opened();
    const headers = { 'Webhook-Id': 'evt_1', 'x-many': ['a', 'b'], absent: undefined };
    expect(await payonce.gatewayWebhook({ body: BODY, headers })).toEqual({ outcome: 'taken' });
    await payonce.gatewayWebhook({
      body: Buffer.from(BODY),
      headers: new Headers({ 'Webhook-Id': 'evt_1' }),
      accountId: 'acme',
    });
    const [first, second] = asked;
    expect(first).toMatchObject({ gateway: null, accountId: 'default' });
    expect({ ...first?.headers }).toEqual({ 'webhook-id': 'evt_1', 'x-many': 'a, b' });
    expect(second).toMatchObject({ accountId: 'acme', headers: { 'webhook-id': 'evt_1' } });
    for (const { body } of asked) expect(Buffer.from(body).toString()).toBe(BODY);
  });

  it('says what to answer the gateway', async () => {
    expect(await opened(webhookProblem('webhook_not_noted')).payonce.gatewayWebhook(input())).toEqual({
      outcome: 'refused',
      code: 'webhook_not_noted',
      detail: expect.stringContaining('Send it again'),
      retryAfterMs: 1000,
    });
  });

  it.each([
    ['', 'nothing'],
    ['body', input({ body: { parsed: true } })],
    ['headers', input({ headers: [['a', 'b']] })],
    ['headers', input({ headers: { a: 1 } })],
    ['accountId', input({ accountId: '' })],
    ['accountId', input({ accountId: 7 })],
    ['event', { ...input(), event: 1 }],
  ])('names what is wrong: %s', async (field, event) => {
    const { payonce, asked } = opened();
    await expect(payonce.gatewayWebhook(event as WebhookInput)).rejects.toMatchObject({
      name: 'PayonceInputError',
      errors: [{ field }],
    });
    expect(asked).toEqual([]);
  });
});

function input(changes: Record<string, unknown> = {}): WebhookInput {
  return { body: BODY, headers: {}, ...changes };
}
