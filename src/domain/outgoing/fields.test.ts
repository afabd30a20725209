import { expect, test } from 'vitest';
import { readEndpoint, readRotation, readSince } from './fields.ts';

const read = (fields: Record<string, unknown>, more = {}) =>
  readEndpoint(new Map(Object.entries(fields)), { isNew: true, anyScheme: false, ...more });

test('an endpoint with all that it may have', () => {
  expect(
    read({
      url: 'https://Shop.example/hook',
      description: 'd',
      event_types: ['refund.failed', 'refund.failed'],
    }),
  ).toEqual({
    kind: 'endpoint',
    fields: { url: 'https://shop.example/hook', description: 'd', eventTypes: ['refund.failed'] },
  });
});

test.each([
  ['no text', 7],
  ['no URL', 'shop'],
  ['http', 'http://shop.example/'],
  ['another scheme', 'file:///etc/passwd'],
  ['a user', 'https://me@shop.example/'],
  ['a password', 'https://me:pw@shop.example/'],
  ['a fragment', 'https://shop.example/#a'],
  ['too long', `https://shop.example/${'a'.repeat(2000)}`],
  ['too long once it is escaped', `https://shop.example/${'é'.repeat(700)}`],
])('refuses a URL: %s', (_why, url) => {
  expect(read({ url })).toMatchObject({ kind: 'refused', complaints: [{ path: ['url'] }] });
});

test('refuses a card number, and repeats nothing of it', () => {
  const url = `https://shop.example/4${'0'.repeat(14)}2`;
  expect(read({ url })).toMatchObject({ code: 'card_number_refused' });
  expect(JSON.stringify(read({ url }))).not.toContain('0000');
});

test('http only where every address is allowed', () => {
  expect(read({ url: 'http://127.0.0.1:9/' }, { anyScheme: true })).toMatchObject({ kind: 'endpoint' });
});

test.each([[[]], [['payment.succeeded', 'no.such']], ['payment.succeeded'], [[1]]])(
  'refuses event types: %j',
  (types) => {
    expect(read({ url: 'https://a.example', event_types: types })).toMatchObject({
      complaints: [{ path: ['event_types'] }],
    });
  },
);

test('a new one needs a URL and takes no `enabled`; a change needs nothing', () => {
  expect(read({ enabled: true })).toMatchObject({ complaints: [{ path: ['enabled'] }, { path: ['url'] }] });
  expect(read({}, { isNew: false })).toEqual({ kind: 'endpoint', fields: {} });
  expect(read({ enabled: false, event_types: null }, { isNew: false })).toEqual({
    kind: 'endpoint',
    fields: { enabled: false, eventTypes: null },
  });
  expect(read({ enabled: 'no' }, { isNew: false })).toMatchObject({ complaints: [{ path: ['enabled'] }] });
});

test('a rotation overlaps for a day unless it says otherwise', () => {
  expect(readRotation(new Map())).toEqual({ kind: 'rotation', overlapMs: 86_400_000 });
  expect(readRotation(new Map([['overlap_s', 0]]))).toEqual({ kind: 'rotation', overlapMs: 0 });
  for (const value of [-1, 1.5, '1', null, 604_801])
    expect(readRotation(new Map([['overlap_s', value]]))).toMatchObject({ kind: 'refused' });
});

test('since is a moment with its offset', () => {
  expect(readSince(new Map([['since', '2026-01-31T12:00:00+01:00']]))).toEqual({
    kind: 'since',
    sinceMs: Date.UTC(2026, 0, 31, 11),
  });
  for (const since of [
    undefined,
    'yesterday',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-13-31T12:00:00Z',
    '2026-02-30T12:00:00Z',
    5,
  ])
    expect(readSince(new Map([['since', since]]))).toMatchObject({ kind: 'refused' });
});
