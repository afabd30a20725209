import { expect, test } from 'vitest';
import { CAPTURE_EVENT_TYPES, EVENT_TYPES, OPERATOR_EVENT_TYPES } from '../../../../src/domain/events.ts';
import { historyOf } from './history.ts';
import { inPlainWords, isKnown } from './words.ts';

const event = (type: string, atMs: number, detail: string | null = null) => ({ type, atMs, detail });

test('every word of the audit trail has plain words', () => {
  const types = [...EVENT_TYPES, ...CAPTURE_EVENT_TYPES, ...OPERATOR_EVENT_TYPES];
  expect(types.filter((type) => !isKnown(type))).toEqual([]);
});

test('a word of a newer service is told as it is', () => {
  expect(inPlainWords('toString', null)).toBe('"toString".');
  expect(inPlainWords('moon.landed', 'softly')).toBe('"moon.landed" (softly).');
});

test('several trails are one story, in order', () => {
  const trails = [
    { about: 'payment', events: [event('payment.created', 1), event('payment.completed', 3)] },
    { about: 'refund r-1', events: [event('refund.created', 2), event('refund.succeeded', 4)] },
  ];
  expect(historyOf(trails).map(({ about, event: type }) => `${about}: ${type}`)).toEqual([
    'payment: payment.created',
    'refund r-1: refund.created',
    'payment: payment.completed',
    'refund r-1: refund.succeeded',
  ]);
});

test('what is repeated is told once, with how often and until when', () => {
  const events = [1, 2, 3].flatMap((n) => [
    event('lookup.started', n * 10),
    event('lookup.unavailable', n * 10 + 1, 'http_500'),
  ]);
  expect(historyOf([{ about: 'payment', events }])).toEqual([
    {
      at: '1970-01-01T00:00:00.011Z',
      about: 'payment',
      says: 'The lookup gave no answer (http_500).',
      event: 'lookup.unavailable',
      times: 3,
      last_at: '1970-01-01T00:00:00.031Z',
    },
  ]);
});

test('that a lookup began is told while its result is missing', () => {
  const events = [event('call.unknown', 1), event('lookup.started', 2)];
  expect(historyOf([{ about: 'payment', events }]).map((step) => step.event)).toEqual([
    'call.unknown',
    'lookup.started',
  ]);
});
