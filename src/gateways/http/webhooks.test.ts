import { describe, expect, it } from 'vitest';
import { webhookKey } from '../../domain/standard-webhooks.ts';
import { webhookHeaders } from '../../fake-gateway/webhooks/sign.ts';
import { createWebhookReader } from './webhooks.ts';

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const [OLD, NEW, OTHER] = [1, 2, 3].map(secretOf) as [string, string, string];
const NOW_S = 1_900_000_000;

const CHARGE = {
  id: 'ch_1',
  status: 'succeeded',
  amount: 1000,
  currency: 'USD',
  reference: 'the reference',
  idempotency_key: 'the key',
  order_id: 'ORD 1/ü',
  livemode: false,
};
const REFUND = { ...CHARGE, id: 're_1', object: 'refund', status: 'failed', charge: 'ch_1' };
const NOTE = {
  accountId: null,
  orderId: 'ORD 1/ü',
  reference: 'the reference',
  kind: 'charge',
  key: 'the key',
  ref: 'ch_1',
  says: 'live',
};

const event = (data: unknown, type = 'charge.succeeded'): string => JSON.stringify({ type, data });

interface Sent {
  readonly secret?: string;
  readonly atS?: number;
  readonly headers?: Record<string, string | undefined>;
}

function read(body: string, { secret = NEW, atS = NOW_S, headers = {} }: Sent = {}) {
  const signed = { ...webhookHeaders(webhookKey(secret), 'evt_1', atS, body), ...headers };
  const given = Object.entries(signed).filter(([, value]) => value !== undefined);
  const reader = createWebhookReader([OLD, NEW], false);
  return reader(
    { body: Buffer.from(body), headers: Object.fromEntries(given) as Record<string, string> },
    NOW_S * 1000,
  );
}

const forged = (reason: string) => ({ kind: 'forged', reason });
const FOREIGN = { kind: 'foreign' };

describe('an event', () => {
  it('says which charge it is about, and how that stands', () => {
    expect(read(event(CHARGE))).toEqual({ kind: 'note', note: NOTE });
    for (const [status, says] of [
      ['declined', 'declined'],
      ['pending', 'pending'],
      ['refunded', 'reversed'],
    ])
      expect(read(event({ ...CHARGE, status }))).toMatchObject({ note: { says } });
  });

  it('says whose order it is about, if the charge was made for another account than `default`', () => {
    const expected = { note: { ...NOTE, accountId: 'shop ü' } };
    expect(read(event({ ...CHARGE, account_id: 'shop ü' }))).toMatchObject(expected);
    expect(read(event({ ...CHARGE, account_id: null }))).toMatchObject({ note: NOTE });
  });

  it('says which refund it is about', () => {
    const note = { ...NOTE, kind: 'refund', ref: 're_1', says: 'declined' };
    expect(read(event(REFUND, 'refund.failed'))).toEqual({ kind: 'note', note });
  });

  it('may be signed with any of the secrets, and with several', () => {
    for (const secret of [OLD, NEW]) expect(read(event(CHARGE), { secret })).toMatchObject({ kind: 'note' });
    const body = event(CHARGE);
    const both = [OTHER, NEW].map(
      (one) => webhookHeaders(webhookKey(one), 'evt_1', NOW_S, body)['webhook-signature'],
    );
    const signature = ['v1a,AAAA', 'v1,', ...both].join(' ');
    expect(read(body, { headers: { 'webhook-signature': signature } })).toMatchObject({ kind: 'note' });
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s is forged', (name) => {
    expect(read(event(CHARGE), { headers: { [name]: undefined } })).toEqual(forged('unsigned'));
  });

  it.each([
    [{ secret: OTHER }, 'bad_signature'],
    [{ headers: { 'webhook-id': 'evt_2' } }, 'bad_signature'],
    [{ headers: { 'webhook-timestamp': String(NOW_S + 1) } }, 'bad_signature'],
    [{ headers: { 'webhook-timestamp': '1e9' } }, 'unsigned'],
    [{ headers: { 'webhook-signature': '' } }, 'bad_signature'],
    [{ headers: { 'webhook-signature': 'v1,' } }, 'bad_signature'],
    [{ headers: { 'webhook-signature': `v1,${'A'.repeat(43)}=` } }, 'bad_signature'],
  ])('with %j is forged', (sent, reason) => {
    expect(read(event(CHARGE), sent)).toEqual(forged(reason));
  });

  it('with another body than the signed one is forged', () => {
    const headers = webhookHeaders(webhookKey(NEW), 'evt_1', NOW_S, event(CHARGE));
    const reader = createWebhookReader([NEW], false);
    const body = Buffer.from(event({ ...CHARGE, amount: 1001 }));
    expect(reader({ body, headers }, NOW_S * 1000)).toEqual(forged('bad_signature'));
  });

  it.each([
    [-300, 'note'],
    [-301, forged('too_old')],
    [300, 'note'],
    [301, forged('in_future')],
  ])('from %d s away: %j', (seconds, expected) => {
    const seen = read(event(CHARGE), { atS: NOW_S + seconds });
    if (typeof expected === 'string') expect(seen.kind).toBe(expected);
    else expect(seen).toEqual(expected);
  });

  it.each([
    ['another type', event(CHARGE, 'payout.paid')],
    ['real money', event({ ...CHARGE, livemode: true })],
    ['no order', event({ ...CHARGE, order_id: null })],
    ['an order that cannot be stored', event({ ...CHARGE, order_id: 'a\0b' })],
    ['an account that is no text', event({ ...CHARGE, account_id: 7 })],
    ['an account that cannot be stored', event({ ...CHARGE, account_id: '' })],
    ['a status that is not known', event({ ...CHARGE, status: 'odd' })],
    ['a capture', event({ ...REFUND, object: 'capture' }, 'refund.succeeded')],
    ['no object', event('ch_1')],
    ['two meanings', `{"type":"charge.succeeded","type":"charge.declined","data":${JSON.stringify(CHARGE)}}`],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('about %s is foreign', (_what, body) => {
    expect(read(body)).toEqual(FOREIGN);
  });
});

it('a secret of another form is refused at once', () => {
  expect(() => createWebhookReader(['secret'], false)).toThrow(TypeError);
});
