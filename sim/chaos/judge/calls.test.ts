import { describe, expect, test } from 'vitest';
import { at, call, change, event, type Facts, found, of, payment, read } from './fixture.ts';

describe('histories', () => {
  const plantEvents =
    (id: string, ...events: ReturnType<typeof event>[]) =>
    (facts: Facts): void =>
      void facts.events.set(id, events);

  test.each([
    ['a gap', [event(1, 'payment.created', 'PROCESSING'), event(3, 'payment.completed', 'COMPLETED')]],
    [
      'another beginning',
      [event(1, 'call.started', 'PROCESSING'), event(2, 'payment.completed', 'COMPLETED')],
    ],
    [
      'COMPLETED left',
      [
        event(1, 'payment.created', 'PROCESSING'),
        event(2, 'payment.completed', 'COMPLETED'),
        event(3, 'payment.failed', 'FAILED'),
        event(4, 'payment.completed', 'COMPLETED'),
      ],
    ],
    ['another end than the payment', [event(1, 'payment.created', 'PROCESSING')]],
    ['none at all', []],
  ])('%s', (_name, events) => {
    expect(found(plantEvents('id-good', ...events))).toContain(of('false_history'));
  });

  test('charge 2 opened before charge 1 had failed', () => {
    const events = [
      event(1, 'payment.created', 'PROCESSING'),
      event(2, 'charge.opened', 'PROCESSING', { charge: 2 }),
      event(3, 'payment.completed', 'COMPLETED', { charge: 2 }),
    ];
    expect(found(plantEvents('id-twice', ...events))).toContain(of('false_history', 'twice'));
  });

  test('events that were told and changed', () => {
    const text = JSON.stringify({
      data: [event(1, 'payment.created', 'PROCESSING', { detail: 'x' })],
      next_cursor: null,
    });
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push({ ...read(payment('good'), 2), path: '/v1/payments/id-good/events', text });
    expect(found(plant)).toEqual([of('false_history')]);
  });
});

describe('calls', () => {
  test('under a key that belongs to no charge', () => {
    expect(found(({ calls }) => calls.push(call('good', 1, 2, { key: 'invented' })))).toEqual([
      of('causeless_call'),
    ]);
  });

  test('under the key of a charge that was never opened', () => {
    expect(found(({ calls }) => calls.push(call('good', 2, 3)))).toEqual([of('causeless_call')]);
  });

  test('before its intent', () => {
    expect(
      found(({ calls }) => change(calls, ({ orderId }) => orderId === 'good', { atMs: Date.parse(at(0)) })),
    ).toEqual([of('causeless_call')]);
  });

  test('more often than was announced', () => {
    expect(found(({ calls }) => calls.push(call('good', 1, 2)))).toEqual([of('causeless_call')]);
  });

  test('of the next charge before the one before had failed', () => {
    const isSecond = ({ orderId, atMs }: { orderId: string; atMs: number }): boolean =>
      orderId === 'twice' && atMs > Date.parse(at(3));
    expect(found(({ calls }) => change(calls, isSecond, { atMs: Date.parse(at(2)) }))).toEqual([
      of('causeless_call', 'twice'),
    ]);
  });

  test('under another reference', () => {
    expect(found(({ calls }) => calls.push(call('good', 1, 2, { reference: 'other' })))).toContain(
      of('causeless_call'),
    );
  });

  test('for another amount than anybody asked for', () => {
    expect(found(({ calls }) => change(calls, ({ orderId }) => orderId === 'good', { amount: 7 }))).toEqual([
      of('causeless_call'),
    ]);
  });

  test('for an amount that only a refused request asked for', () => {
    expect(found(({ calls }) => change(calls, ({ orderId }) => orderId === 'good', { amount: 9 }))).toEqual([
      of('causeless_call'),
    ]);
  });

  test.each(['bad', 'away'])('for an order (%s) of which it was said that nothing was done', (orderId) => {
    expect(found(({ calls }) => calls.push(call(orderId, 1, 2)))).toContain(of('causeless_call', orderId));
  });

  test.each(['bad', 'away'])(
    'a payment of an order (%s) of which it was said that nothing was done',
    (orderId) => {
      const plant = ({ payments, events }: Facts): void => {
        payments.push(payment(orderId, { status: 'FAILED', gateway_ref: null }));
        events.set(`id-${orderId}`, [
          event(1, 'payment.created', 'PROCESSING'),
          event(2, 'payment.failed', 'FAILED'),
        ]);
      };
      expect(found(plant)).toEqual([of('false_answer', orderId)]);
    },
  );
});
