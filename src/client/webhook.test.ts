/** The check of webhooks, against signatures that were made in another way: by Node, as the server makes them. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifyWebhook, type WebhookHeaders } from './webhook.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const SECONDS = NOW_MS / 1000;
const key = (byte: number): Buffer => Buffer.alloc(32, byte);
const secret = (byte: number): string => `whsec_${key(byte).toString('base64')}`;
const BODY = '{"type":"payment.completed","note":"é"}';

function signatureOf(body: string, byte = 7, id = 'msg_1', at = SECONDS): string {
  return `v1,${createHmac('sha256', key(byte)).update(`${id}.${at}.${body}`).digest('base64')}`;
}

function headersWith(changes: Record<string, string> = {}): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(SECONDS),
    'webhook-signature': signatureOf(BODY),
    ...changes,
  };
}

const check = (headers: WebhookHeaders, body: string | Uint8Array = BODY, secrets = [secret(7)]) =>
  verifyWebhook({ body, headers, secrets, nowMs: NOW_MS });

describe('an event is genuine', () => {
  const genuine = { outcome: 'genuine', id: 'msg_1', sentAtMs: NOW_MS, body: BODY };

  test('with the signature of its bytes, however the headers are given', async () => {
    const [id, timestamp, signature] = Object.values(headersWith());
    expect(await check(headersWith())).toEqual(genuine);
    expect(await check(new Headers(headersWith()))).toEqual(genuine);
    expect(
      await check({ 'Webhook-Id': id, 'WEBHOOK-TIMESTAMP': timestamp, 'Webhook-Signature': signature }),
    ).toEqual(genuine);
    expect(await check(headersWith(), new TextEncoder().encode(BODY))).toEqual(genuine);
  });

  test('with the old secret or the new one, while both are known to either side', async () => {
    expect(await check(headersWith(), BODY, [secret(9), secret(7)])).toEqual(genuine);
    const both = `v1a,AAAA ${signatureOf(BODY, 9)} ${signatureOf(BODY, 7)}`;
    expect(await check(headersWith({ 'webhook-signature': both }))).toEqual(genuine);
  });

  test('as the specification has it', async () => {
    const result = await verifyWebhook({
      body: '{"test": 2432232314}',
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      nowMs: 1_614_265_330_000,
    });
    expect(result.outcome).toBe('genuine');
  });

  test('up to the tolerance of its age', async () => {
    for (const [awayS, toleranceS, outcome] of [
      [300, undefined, 'genuine'],
      [301, undefined, 'forged'],
      [301, 600, 'genuine'],
    ] as const)
      for (const at of [SECONDS - awayS, SECONDS + awayS]) {
        const headers = headersWith({
          'webhook-timestamp': String(at),
          'webhook-signature': signatureOf(BODY, 7, 'msg_1', at),
        });
        const result = await verifyWebhook({
          ...{ body: BODY, headers, secrets: [secret(7)], nowMs: NOW_MS },
          ...(toleranceS === undefined ? {} : { toleranceS }),
        });
        expect(result.outcome).toBe(outcome);
        if (result.outcome === 'forged') expect(result.reason).toBe(at < SECONDS ? 'too_old' : 'in_future');
      }
  });
});

describe('an event is forged', () => {
  test.each<[string, Record<string, string>, string]>([
    ['another id', { 'webhook-id': 'msg_2' }, 'bad_signature'],
    ['another time', { 'webhook-timestamp': String(SECONDS + 1) }, 'bad_signature'],
    ['another secret', { 'webhook-signature': signatureOf(BODY, 8) }, 'bad_signature'],
    ['half a signature', { 'webhook-signature': signatureOf(BODY).slice(0, 19) }, 'bad_signature'],
    ['another version', { 'webhook-signature': signatureOf(BODY).replace('v1', 'v2') }, 'unsigned'],
    ['no base64', { 'webhook-signature': 'v1,%%%' }, 'unsigned'],
    ['no time', { 'webhook-timestamp': 'now' }, 'unsigned'],
    ['no id', { 'webhook-id': '' }, 'unsigned'],
  ])('with %s', async (_what, changes, reason) => {
    expect(await check(headersWith(changes))).toEqual({ outcome: 'forged', reason });
  });

  test('with another body, or one that was written again', async () => {
    const again = JSON.stringify(JSON.parse(BODY), null, 1);
    for (const body of [`${BODY} `, again])
      expect(await check(headersWith(), body)).toEqual({ outcome: 'forged', reason: 'bad_signature' });
  });

  test('without headers', async () => {
    expect(await check({})).toEqual({ outcome: 'forged', reason: 'unsigned' });
  });
});

test.each([{ id: 'evt_1' }, 7, null])('the body %j, which was parsed, is refused', async (body) => {
  await expect(check(headersWith(), body as never)).rejects.toMatchObject({
    name: 'PayonceInputError',
    message: expect.stringContaining('raw'),
  });
});

test.each([
  [[]],
  [['secret']],
  [['whsec_']],
  [[`whsec_${Buffer.alloc(8).toString('base64')}`]],
  [['whsec_%%%']],
])('the secrets %j are refused', async (secrets) => {
  await expect(check(headersWith(), BODY, secrets)).rejects.toMatchObject({ name: 'PayonceInputError' });
});

test.each([Number.NaN, 'x', String(NOW_MS), new Date(NOW_MS), null])(
  'a time that is no number is refused: no event would be too old',
  async (nowMs) => {
    const input = { body: BODY, headers: headersWith(), secrets: [secret(7)], nowMs: nowMs as number };
    await expect(verifyWebhook(input)).rejects.toThrow('nowMs must be a number');
  },
);
