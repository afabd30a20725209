/** The address that takes events of a gateway. */
import { describe, expect, it } from 'vitest';
import type { WebhookAnswer } from '../../src/engine/api.ts';
import { webhookProblem } from '../../src/engine/webhooks/problem.ts';
import { StoreError } from '../../src/ports/store.ts';
import { expectProblem, harness, rawPost, SECRET, talk } from './support.ts';

const ADDRESS = '/v1/gateways/http/webhooks';
const BODY = `{ "note": "${SECRET}",  "amount": 1000.0 }`;

function posting(answer?: () => WebhookAnswer) {
  const { inject, ...rest } = harness(answer === undefined ? {} : { webhook: answer });
  const post = (payload: string | Buffer, headers: Record<string, string> = {}, url = ADDRESS) =>
    inject({ method: 'POST', url, headers, payload });
  return { ...rest, post, inject };
}

describe('POST /v1/gateways/<name>/webhooks', () => {
  it('passes on the gateway’s name, all headers, and the body byte for byte', async () => {
    const { post, events } = posting();
    const response = await post(BODY, { 'content-type': 'application/json', 'Webhook-Id': 'evt_1' });
    expect([response.statusCode, response.body]).toEqual([204, '']);
    expect(events).toMatchObject([
      { gateway: 'http', accountId: 'default', headers: { 'webhook-id': 'evt_1' } },
    ]);
    expect(Buffer.from(events[0]?.body ?? []).toString()).toBe(BODY);
  });

  it.each(['text/plain', 'application/json; charset=utf-8', 'application/x-odd', ''])(
    'takes a body of the type "%s"',
    async (type) => {
      const { listen, events } = posting();
      const bytes = rawPost(ADDRESS, BODY).toString();
      const line = type === '' ? '' : `Content-Type: ${type}\r\n`;
      const { status } = await talk(
        await listen(),
        bytes.replace('Content-Type: application/json\r\n', line),
      );
      expect(status).toBe(204);
      expect(Buffer.from(events[0]?.body ?? []).toString()).toBe(BODY);
    },
  );

  it('takes 256 KiB, and no more', async () => {
    const { listen, events } = posting();
    const port = await listen();
    expect((await talk(port, rawPost(ADDRESS, 'a'.repeat(262_144)))).status).toBe(204);
    expect((await talk(port, rawPost(ADDRESS, 'a'.repeat(262_145)))).status).toBe(413);
    expect(events.map(({ body }) => body.length)).toEqual([262_144]);
  });

  it('passes on an empty body, too: only the adapter can judge it', async () => {
    const { inject, events } = posting();
    expect((await inject({ method: 'POST', url: ADDRESS })).statusCode).toBe(204);
    expect(events[0]?.body.length).toBe(0);
  });

  it.each([
    ['webhook_refused', 400],
    ['not_found', 404],
    ['webhook_not_noted', 503],
    ['installation_changed', 503],
  ] as const)('%s is answered %i', async (code, status) => {
    const { post } = posting(() => webhookProblem(code));
    expectProblem(await post(BODY), status, code);
  });

  it('is answered 503 if the store cannot be reached, so that the gateway sends it again', async () => {
    const { post } = posting(() => {
      throw new StoreError('unavailable', 'down');
    });
    expectProblem(await post(BODY), 503, 'store_unavailable');
  });

  it('takes only POST', async () => {
    const { inject } = posting();
    const response = await inject({ method: 'GET', url: ADDRESS });
    expectProblem(response, 405, 'method_not_allowed');
    expect(response.headers.allow).toBe('POST');
  });

  it('writes a line at the level debug only, without what was sent', async () => {
    const { post, lines } = posting(() => webhookProblem('webhook_refused'));
    await post(BODY, { 'webhook-signature': SECRET }, `/v1/gateways/${SECRET}/webhooks`);
    expect(lines).toMatchObject([
      { level: 20, route: '/v1/gateways/:name/webhooks', code: 'webhook_refused', status: 400 },
    ]);
  });
});
