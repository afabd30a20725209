/** One order and one fault in the calls to the gateway. Keys are kept, and lookups work. */
import { afterAll, describe, expect, test } from 'vitest';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { SHORT_CALLS } from './support/service.ts';
import { openStage } from './support/stage.ts';

const env = { RETRY_AFTER_CAP_MS: '400' };
const stage = await openStage({ env });
const impatient = await openStage({ env: { ...env, ...SHORT_CALLS } });
afterAll(async () => {
  await stage.close();
  await impatient.close();
});

interface Case {
  readonly fault: string;
  readonly steps: readonly step.Step[];
  readonly status: string;
  /** The status that the waiting client gets. */
  readonly answer: number;
  readonly calls: number | readonly [number, number];
}

const lies = (change: Record<string, unknown>) => step.altered(change);
const times = (n: number, one: step.Step) => Array.from({ length: n }, () => one);
const other = '00000000-0000-5000-8000-000000000000';

const completed = { status: 'COMPLETED', answer: 201, calls: 2 } as const;
const gatewayFailed = { status: 'FAILED', answer: 502, calls: 4 } as const;

const cases: Case[] = [
  { fault: 'error before the charge', steps: [step.error(500)], ...completed },
  { fault: 'error after the charge', steps: [step.errorAfter(500)], ...completed },
  { fault: '502 after the charge', steps: [step.errorAfter(502)], ...completed },
  { fault: 'connection dropped before the charge', steps: [step.dropBefore], ...completed },
  { fault: 'connection dropped after the charge', steps: [step.dropAfter], ...completed },
  { fault: 'slow answer', steps: [step.slow(300)], ...completed, calls: 1 },
  { fault: 'truncated answer', steps: [step.spoilt('truncated')], ...completed },
  { fault: 'truncated answer, not charged', steps: [step.spoilt('truncated', 'none')], ...completed },
  { fault: 'garbage answer', steps: [step.spoilt('garbage')], ...completed },
  {
    fault: 'three different faults',
    steps: [step.error(500), step.dropAfter, step.spoilt('garbage')],
    ...completed,
    calls: 4,
  },
  { fault: '429, Retry-After 0', steps: [step.busyLater('0')], ...completed },
  { fault: '429, negative Retry-After', steps: [step.busyLater('-5')], ...completed },
  { fault: '429, huge Retry-After', steps: [step.busyLater('99999999999')], ...completed },
  { fault: '429, garbage Retry-After', steps: [step.busyLater('soon')], ...completed },
  {
    fault: '503, Retry-After as a past date',
    steps: [step.busyLater('Wed, 21 Oct 2015 07:28:00 GMT', 503)],
    ...completed,
  },
  {
    fault: '503, Retry-After as a far date',
    steps: [step.busyLater('Wed, 21 Oct 2099 07:28:00 GMT', 503)],
    ...completed,
  },
  { fault: 'redirect', steps: [step.status(307, {}, { location: '/stolen' })], ...completed },
  {
    fault: 'redirect after the charge',
    steps: [{ ...step.honest, reply: { kind: 'status', status: 302, headers: { location: '/stolen' } } }],
    ...completed,
  },
  {
    fault: 'in progress twice',
    steps: times(2, step.status(409, { error: 'in_progress' })),
    ...completed,
    calls: 3,
  },
  { fault: 'unknown status', steps: [lies({ status: 'queued' })], ...completed },
  { fault: '2xx without the key', steps: [lies({ idempotency_key: undefined })], ...completed },
  {
    fault: '2xx with an empty body',
    steps: [{ ...step.honest, reply: { kind: 'status', status: 200 } }],
    ...completed,
  },
  { fault: '204', steps: [{ ...step.honest, reply: { kind: 'status', status: 204 } }], ...completed },
  {
    fault: '402 that is no decline',
    steps: [{ ...step.honest, reply: { kind: 'altered', status: 402, change: {} } }],
    ...completed,
  },
  {
    fault: '402 in HTML',
    steps: [{ ...step.honest, reply: { kind: 'status', status: 402, body: '<p>Pay!' } }],
    ...completed,
  },
  {
    fault: '402 about another reference',
    steps: [
      {
        ...step.honest,
        reply: { kind: 'altered', status: 402, change: { status: 'declined', reference: other } },
      },
    ],
    ...completed,
  },
  { fault: 'a decline of the second try only', steps: [step.dropAfter, step.falseDecline], ...completed },
  {
    fault: 'a decline of the second try while the first is charged',
    steps: [step.landsAfterDrop(500), step.falseDecline, step.falseDecline, step.falseDecline],
    ...completed,
    calls: [2, 4],
  },
  {
    fault: 'lands late, then errors',
    steps: [step.landsAfterDrop(700), ...times(3, step.error(500))],
    ...completed,
    calls: 4,
  },
  { fault: 'declined', steps: [step.declined], status: 'FAILED', answer: 402, calls: 1 },
  {
    fault: 'declined after a drop',
    steps: [step.dropBefore, step.declined],
    status: 'FAILED',
    answer: 402,
    calls: 2,
  },
  {
    fault: 'declined after 429',
    steps: [step.busyLater('0'), step.declined],
    status: 'FAILED',
    answer: 402,
    calls: 2,
  },
  { fault: 'pending, then succeeded', steps: [step.pending('succeeded', 300)], ...completed, calls: 1 },
  {
    fault: 'pending, then declined',
    steps: [step.pending('declined', 300)],
    status: 'FAILED',
    answer: 402,
    calls: 1,
  },
  {
    fault: 'pending for longer than it may land',
    steps: [step.pending('succeeded', 4000)],
    ...completed,
    calls: 1,
  },
  {
    fault: 'pending, answer lost',
    steps: [{ ...step.pending('succeeded', 900), reply: { kind: 'drop' } }],
    ...completed,
    calls: [2, 4],
  },
  { fault: 'wrong amount', steps: [lies({ amount: 1 })], status: 'REVIEW', answer: 202, calls: 1 },
  { fault: 'wrong currency', steps: [lies({ currency: 'EUR' })], status: 'REVIEW', answer: 202, calls: 1 },
  { fault: 'wrong reference', steps: [lies({ reference: other })], status: 'REVIEW', answer: 202, calls: 1 },
  { fault: 'four errors, never charged', steps: times(4, step.error(500)), ...gatewayFailed },
  { fault: 'four drops, never charged', steps: times(4, step.dropBefore), ...gatewayFailed },
  { fault: 'four times 429', steps: times(4, step.busyLater('0')), ...gatewayFailed },
  { fault: 'stale cached 500, never charged', steps: times(20, step.error(500)), ...gatewayFailed },
  { fault: 'stale cached 500, charged', steps: times(20, step.errorAfter(500)), ...completed, calls: 4 },
];

/** One call times out. The number of honest calls after it depends on how fast the machine is. */
const timedOut = { ...completed, calls: [1, 4] } as const;

const timeouts: Case[] = [
  { fault: 'timeout, not charged', steps: [step.lostBefore], ...timedOut, calls: [2, 4] },
  { fault: 'timeout, charged', steps: [step.lostAfter], ...timedOut },
  { fault: 'timeout, charged later', steps: [step.landsAfterTimeout(200)], ...timedOut },
  { fault: 'answer slower than the timeout', steps: [step.slow(2200)], ...timedOut },
  { fault: 'endless drip', steps: [step.spoilt('drip')], ...timedOut },
  { fault: 'every answer lost, charged', steps: times(20, step.lostAfter), ...timedOut },
];

describe('one fault, one charge, one true answer', () => {
  test.concurrent.each([
    ...cases.map((one) => ({ ...one, at: stage })),
    ...timeouts.map((one) => ({ ...one, at: impatient })),
  ])('$fault', async ({ fault, steps, status, answer, calls, at }) => {
    at.gateway.plan(fault, ...steps);
    const prefer = status === 'REVIEW' ? 'wait=2' : 'wait=60';
    const told = await at.client.pay({ orderId: fault, key: fault.replaceAll(' ', '-'), prefer });
    const payment = await at.reaches(fault, status);
    const { ledger } = at.gateway;
    expect({ told: told.status, text: told.text }).toMatchObject({ told: answer });
    expect(json(told).payment_id).toBe(payment.payment_id);
    const [least, most] = typeof calls === 'number' ? [calls, calls] : calls;
    expect(ledger.requestsOf(fault).length).toBeGreaterThanOrEqual(least);
    expect(ledger.requestsOf(fault).length).toBeLessThanOrEqual(most);
    expect(ledger.keysOf(fault)).toEqual([at.identity.key(fault, 1)]);
    expect(ledger.liveOf(fault).length).toBe(status === 'FAILED' ? 0 : 1);
    if (status === 'COMPLETED') expect(payment.gateway_ref).toBe(ledger.liveOf(fault)[0]?.id);
  });
});

test('an approval for another key completes nothing by itself', async () => {
  stage.gateway.plan('other-key', lies({ idempotency_key: other }));
  await stage.client.pay({ orderId: 'other-key', prefer: 'wait=3' });
  const { status } = await stage.reaches('other-key', 'COMPLETED', 'REVIEW');
  if (status === 'COMPLETED') expect(stage.gateway.ledger.requestsOf('other-key')).toHaveLength(2);
});

test('key_reused from the gateway never counts as a decline while the charge may be live', async () => {
  stage.gateway.plan(
    'reused',
    ...times(9, { ...step.honest, reply: { kind: 'status', status: 422, body: '{"error":"key_reused"}' } }),
  );
  await stage.client.pay({ orderId: 'reused', prefer: 'wait=3' });
  await stage.reaches('reused', 'COMPLETED', 'REVIEW');
});

test('afterwards nothing contradicts anything', async () => {
  for (const one of [stage, impatient]) {
    await one.quiet();
    expect(await one.judge()).toEqual([]);
  }
});
