import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createWebhookReader } from './webhooks.ts';

const [OLD, NEW] = ['whsec_old', 'whsec_new'] as const;
const NOW_S = 1_900_000_000;

const METADATA = {
  installation: '00000000-0000-8000-8000-000000000001',
  account: 'tenant ü',
  order_id: 'ORD 1',
  reference: 'the reference',
  operation: 'charge',
  key: 'the key',
};
const INTENT = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  last_payment_error: null,
  metadata: METADATA,
};
const CHARGE = {
  id: 'ch_1',
  object: 'charge',
  status: 'succeeded',
  refunded: false,
  payment_intent: 'pi_1',
  metadata: METADATA,
};
const REFUND = {
  id: 're_1',
  object: 'refund',
  status: 'failed',
  payment_intent: 'pi_1',
  metadata: { ...METADATA, operation: 'refund', key: 'the key of the refund' },
};
const NOTE = {
  accountId: 'tenant ü',
  orderId: 'ORD 1',
  reference: 'the reference',
  kind: 'charge',
  key: 'the key',
  ref: 'pi_1',
  says: 'live',
};
const FOREIGN = { kind: 'foreign' };

const event = (object: unknown, changes: object = {}): string =>
  JSON.stringify({ object: 'event', type: 'any.type', livemode: false, data: { object }, ...changes });

const sign = (secret: string, t: string | number, body: string): string =>
  createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');

function deliver(body: string, signature: string | undefined) {
  const headers: Record<string, string> = signature === undefined ? {} : { 'stripe-signature': signature };
  const read = createWebhookReader([OLD, NEW], { account: 'acct_1', livemode: false });
  return read({ body: Buffer.from(body), headers }, NOW_S * 1000);
}

const read = (body: string, { secret = NEW as string, atS = NOW_S } = {}) =>
  deliver(body, `t=${atS},v1=${sign(secret, atS, body)}`);

const forged = (reason: string) => ({ kind: 'forged', reason });

describe('an event of Stripe', () => {
  it.each([
    ['succeeded', null, 'live'],
    ['requires_capture', null, 'live'],
    ['processing', null, 'pending'],
    ['requires_action', null, 'pending'],
    ['requires_payment_method', { code: 'card_declined' }, 'declined'],
    ['canceled', null, 'declined'],
  ])('about an intent that is %s with the error %j says %s', (status, failure, says) => {
    const intent = { ...INTENT, status, last_payment_error: failure };
    expect(read(event(intent))).toEqual({ kind: 'note', note: { ...NOTE, says } });
  });

  it('about an intent to which nothing has happened, or of an unknown state, tells nothing', () => {
    for (const status of ['requires_payment_method', 'requires_confirmation', 'new'])
      expect(read(event({ ...INTENT, status }))).toEqual(FOREIGN);
  });

  it('about a charge names its intent', () => {
    for (const [status, says] of [
      ['succeeded', 'live'],
      ['pending', 'pending'],
      ['failed', 'declined'],
    ])
      expect(read(event({ ...CHARGE, status }))).toEqual({ kind: 'note', note: { ...NOTE, says } });
    expect(read(event({ ...CHARGE, refunded: true }))).toMatchObject({ note: { says: 'reversed' } });
    expect(read(event({ ...CHARGE, payment_intent: null }))).toEqual(FOREIGN);
  });

  it('about a refund names the refund and its own key', () => {
    for (const [status, says] of [
      ['succeeded', 'live'],
      ['pending', 'pending'],
      ['requires_action', 'pending'],
      ['failed', 'declined'],
      ['canceled', 'declined'],
    ])
      expect(read(event({ ...REFUND, status }))).toEqual({
        kind: 'note',
        note: { ...NOTE, kind: 'refund', key: 'the key of the refund', ref: 're_1', says },
      });
  });

  it.each<[string, object]>([
    ['made without our metadata', { ...INTENT, metadata: {} }],
    ['whose metadata is that of a charge', { ...REFUND, metadata: METADATA }],
    ['without an account', { ...INTENT, metadata: { ...METADATA, account: undefined } }],
    ['without an order', { ...INTENT, metadata: { ...METADATA, order_id: '' } }],
    ['without a reference', { ...INTENT, metadata: { ...METADATA, reference: undefined } }],
    ['without a key', { ...INTENT, metadata: { ...METADATA, key: undefined } }],
    ['without an id', { ...INTENT, id: 'no id' }],
    ['of another kind', { ...INTENT, object: 'dispute' }],
  ])('about something %s is foreign', (_what, object) => {
    expect(read(event(object))).toEqual(FOREIGN);
  });

  it.each<[string, object]>([
    ['of a connected account', { account: 'acct_2' }],
    ['of another account in the organisation', { context: 'acct_2' }],
    ['of the other mode', { livemode: true }],
    ['of no mode', { livemode: undefined }],
    ['without its object', { object: 'v2.core.event', data: undefined }],
    ['of another form', { object: 'v2.core.event' }],
    ['without data', { data: null }],
  ])('%s is foreign', (_what, changes) => {
    expect(read(event(INTENT, changes))).toEqual(FOREIGN);
  });

  it('of our own account is ours, whoever says so', () => {
    for (const own of [{ account: 'acct_1' }, { context: 'acct_1' }, { account: null, context: null }])
      expect(read(event(INTENT, own))).toMatchObject({ note: NOTE });
  });

  it('that is no JSON object is foreign: Stripe signed it, and need not send it again', () => {
    for (const body of ['', '[]', 'null', '{"object":"event"']) expect(read(body)).toEqual(FOREIGN);
  });
});

describe('the signature of Stripe', () => {
  const body = event(INTENT);
  const t = `t=${NOW_S}`;
  const good = `v1=${sign(NEW, NOW_S, body)}`;

  it('may be made with any of the secrets, and beside others', () => {
    for (const secret of [OLD, NEW]) expect(read(body, { secret })).toMatchObject({ note: NOTE });
    for (const header of [`${t},v0=00,v1=00,${good}`, `${good}, ${t}`])
      expect(deliver(body, header)).toMatchObject({ note: NOTE });
  });

  it.each([
    [-301, forged('too_old')],
    [-300, { kind: 'note' }],
    [300, { kind: 'note' }],
    [301, forged('in_future')],
  ])('from %i s away is judged by both clocks', (awayS, reading) => {
    expect(read(body, { atS: NOW_S + awayS })).toMatchObject(reading);
  });

  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['no time', good],
    ['a time that is none', `t=now,v1=${sign(NEW, 'now', body)}`],
    ['two times', `${t},t=${NOW_S - 9999},${good}`],
    ['no signature', t],
    ['only the test signature', `${t},v0=${sign(NEW, NOW_S, body)}`],
  ])('with %s is none', (_what, header) => {
    expect(deliver(body, header)).toEqual(forged('unsigned'));
  });

  it.each<[string, string]>([
    ['by another secret', `v1=${sign('whsec_other', NOW_S, body)}`],
    ['by the secret without its beginning', `v1=${sign('new', NOW_S, body)}`],
    ['of another body', `v1=${sign(NEW, NOW_S, `${body} `)}`],
    ['of another time', `v1=${sign(NEW, NOW_S + 1, body)}`],
    ['that is only a beginning', good.slice(0, 11)],
    ['that is empty', 'v1='],
    ['that comes after many others', `${'v1=00,'.repeat(100)}${good}`],
  ])('%s is forged', (_what, signature) => {
    expect(deliver(body, `${t},${signature}`)).toEqual(forged('bad_signature'));
  });

  it('needs secrets as Stripe shows them', () => {
    const own = { account: 'acct_1', livemode: false };
    for (const secret of ['', 'whsec_', 'sk_test_0', ' whsec_1'])
      expect(() => createWebhookReader([NEW, secret], own)).toThrow(TypeError);
  });
});
