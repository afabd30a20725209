/** Each change of an endpoint is told, and a usual delivery not at all. */
import { expect, test } from 'vitest';
import { SICK_AFTER } from '../domain/outgoing/schedule.ts';
import type { Claimed, Noted } from '../ports/outgoing.ts';
import { tell } from './tell.ts';

const CLAIMED: Claimed = {
  accountId: 'shop',
  endpointId: 'e1',
  eventId: 'evt_1',
  type: 'payment.succeeded',
  happenedAtMs: 0,
  paymentId: 'p1',
  followUp: null,
  url: 'https://shop.example/hook?token=secret',
  secret: 'sealed',
  earlierSecrets: [],
  claimId: 'c1',
  attempt: 1,
  tries: 1,
  ageMs: 0,
  failures: 0,
};
const DELIVERED: Noted = {
  status: 204,
  answer: '',
  error: null,
  tookMs: 5,
  next: 'DELIVERED',
  waitMs: 0,
  failures: 0,
  pauseMs: 0,
  gone: false,
};
const FAILED: Noted = { ...DELIVERED, status: 500, answer: 'secret', next: 'PENDING', failures: 1 };

function told(before: number, noted: Noted): unknown[] {
  const lines: unknown[] = [];
  const say = (level: string) => (fields: object, message: string) =>
    lines.push([level, fields, message.split(/[:,]/, 1)[0]]);
  tell(
    { info: say('info'), warn: say('warn'), error: say('error') },
    { ...CLAIMED, failures: before },
    noted,
  );
  return lines;
}

const about = { account_id: 'shop', endpoint_id: 'e1', event_id: 'evt_1' };

test.each<[string, number, Noted, unknown[]]>([
  ['a delivery', 0, DELIVERED, []],
  ['a failure', 0, FAILED, []],
  ['a delivery after failures', SICK_AFTER - 1, DELIVERED, []],
  [
    'the failure that makes it sick',
    SICK_AFTER - 1,
    { ...FAILED, status: null, error: 'ECONNREFUSED', failures: SICK_AFTER },
    ['warn', { ...about, status: null, error: 'ECONNREFUSED' }, 'a webhook endpoint fails or is slow'],
  ],
  ['a failure of a sick one', SICK_AFTER, { ...FAILED, failures: SICK_AFTER + 1 }, []],
  [
    'a delivery of a sick one',
    SICK_AFTER + 3,
    DELIVERED,
    ['info', { ...about, status: 204 }, 'a webhook endpoint works again'],
  ],
  [
    '410',
    0,
    { ...FAILED, status: 410, next: 'DEAD', gone: true },
    ['warn', { ...about, status: 410 }, 'a webhook endpoint answered 410'],
  ],
  [
    'the last try',
    SICK_AFTER,
    { ...FAILED, next: 'DEAD', failures: SICK_AFTER + 1 },
    ['warn', { ...about, status: 500 }, 'an event was given up after three days of tries'],
  ],
])('%s', (_what, before, noted, line) => {
  expect(told(before, noted)).toEqual(line.length === 0 ? [] : [line]);
});
