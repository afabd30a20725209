/** Which alarms stand, and whose events are read to find their end. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { createStanding } from './standing.ts';

const ANSWER = 'lookup.pending';

function setUp() {
  const clock = createVirtualClock();
  const standing = createStanding(clock);
  const raise = (
    paymentId: string,
    seq = 5,
    alarm: 'gateway_forbidden' | 'evidence_waits' = 'gateway_forbidden',
  ) =>
    standing.raised(
      { paymentId, seq, order: { accountId: 'a', orderId: paymentId } } as PaymentRecord,
      alarm,
    );
  const read = (limit: number) =>
    standing.toRead(limit).map(({ record, seq }) => `${record.paymentId} ${seq}`);
  return { clock, standing, raise, read };
}

describe('a standing alarm', () => {
  it('is news once, and ends with the first event in which the gateway says something', () => {
    const { standing, raise } = setUp();
    expect([raise('p'), raise('p', 7), raise('p', 8, 'evidence_waits')]).toEqual([true, false, true]);
    expect(standing.endedBy('p', { seq: 9, type: 'call.forbidden' })).toEqual([]);
    expect(standing.endedBy('p', { seq: 10, type: ANSWER })).toEqual(['gateway_forbidden', 'evidence_waits']);
    expect(standing.endedBy('p', { seq: 11, type: ANSWER })).toEqual([]);
    expect(raise('p', 12)).toBe(true);
  });

  it('does not end with an event from before it', () => {
    const { standing, raise } = setUp();
    raise('p');
    expect(standing.endedBy('p', { seq: 5, type: ANSWER })).toEqual([]);
    expect(standing.endedBy('p', { seq: 6, type: ANSWER })).toEqual(['gateway_forbidden']);
  });

  it('of the oldest payment is forgotten behind ten thousand others', () => {
    const { standing, raise } = setUp();
    for (let n = 0; n <= 10_000; n += 1) raise(`p${n}`);
    expect(standing.endedBy('p0', { seq: 6, type: ANSWER })).toEqual([]);
    expect(standing.endedBy('p1', { seq: 6, type: ANSWER })).toEqual(['gateway_forbidden']);
  });
});

it('events are read every ten seconds, a few payments at a time, from the last one that is known', () => {
  const { clock, standing, raise, read } = setUp();
  for (const id of ['p1', 'p2', 'p3']) raise(id);
  expect(read(2)).toEqual([]);
  clock.advance(10_000);
  standing.endedBy('p3', { seq: 8, type: 'call.unknown' });
  expect([read(2), read(2), read(2)]).toEqual([['p1 5', 'p2 5'], ['p3 8'], []]);
  clock.advance(10_000);
  expect(read(2)).toEqual(['p1 5', 'p2 5']);
});
