/** What an operator states about a payment in REVIEW: a wish, about which a worker decides after one more look. */
import { describe, expect, it } from 'vitest';
import { type ChargingReplica, chargingReplica, lateEvidence } from '../../../test/support/charging.ts';
import { declareContract, gateway, world } from '../../../test/support/fresh-world.ts';
import { FAILED, isPaid, type Operator, operator, SILENT, said } from '../../../test/support/operating.ts';
import { approve, createScriptedGateway, error500, reset } from '../../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, told } from '../../../test/support/virtual-world.ts';
import type { CallOutcome, LookupOutcome, ReportedCharge } from '../../domain/outcomes.ts';
import type { Wish } from '../../domain/wish.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SETTINGS = {
  policy: { maxAttempts: 1, resolveForMs: MINUTE },
  limits: { sweepMs: 10_000 },
};

interface Reviewed extends ChargingReplica, Operator {}

/** A payment in REVIEW: its call got no usable answer, and lookups give none. */
async function inReview(answer: CallOutcome = reset, settings = SETTINGS): Promise<Reviewed> {
  const replica = await chargingReplica(world, gateway, settings);
  gateway.play = () => answer;
  gateway.lookupPlay = () => SILENT;
  await replica.charge(keyed('one', 10));
  await world.pass(HOUR);
  expect(now()).toMatchObject({ status: 'REVIEW' });
  return { ...replica, ...operator(world, replica) };
}

/** What lookups show from now on. */
function shows(outcome: LookupOutcome): void {
  gateway.lookupPlay = () => outcome;
}

/** The gateway has the charge after all. */
function lands(changes: Partial<ReportedCharge> = {}): void {
  const [request] = gateway.calls;
  if (request === undefined) throw new Error('Nothing was called.');
  const { key, reference, amountMinor, currency } = request;
  const status = 'succeeded' as const;
  gateway.ledger.set(key, { id: 'ch_late', status, key, reference, amountMinor, currency, ...changes });
  gateway.lookupPlay = null;
}

/** Charge 1 failed by absence, and is live when charge 2 is wanted. */
async function lateSuccess(): Promise<Reviewed> {
  const replica = await chargingReplica(world, gateway, SETTINGS);
  gateway.play = () => ({ kind: 'refused', reason: 'dns' });
  await replica.charge(keyed('one'));
  lands();
  expect(told(await replica.charge(keyed('two')))).toBe('202 REVIEW');
  return { ...replica, ...operator(world, replica) };
}

function now() {
  return world.stored('o1').operation;
}

function last(count = 1): readonly string[] {
  return world.trail('o1').slice(-count);
}

function alarms({ logged }: ChargingReplica): unknown[] {
  return logged.flatMap(({ fields }) => (fields.alarm === undefined ? [] : [fields.alarm]));
}

const MISMATCH: LookupOutcome = { kind: 'mismatch', ref: 'ch_1', reason: 'amount_mismatch' };
const PENDING: LookupOutcome = { kind: 'pending', ref: 'ch_1' };
const TWICE: LookupOutcome = { kind: 'duplicated', refs: ['ch_1', 'ch_2'] };
const NO_ON_OTHER_TERMS: LookupOutcome = {
  kind: 'unavailable',
  reason: 'currency_mismatch',
  declinedRef: 'ch_1',
};
const REVERSED: LookupOutcome = { kind: 'reversed', refs: ['ch_1'] };

describe('an operator’s word', () => {
  it('is taken at once, and counts after one more look that shows nothing', async () => {
    const replica = await inReview();
    const looks = gateway.lookups.length;
    expect(said(await replica.resolve(isPaid()))).toBe('payment REVIEW');
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_seen', failureCode: null });
    expect(gateway.lookups).toHaveLength(looks + 1);
    expect(last(3)).toEqual([
      'operator.wished completed by amira',
      'verify.started',
      'operator.settled completed by amira',
    ]);
    expect(told(await replica.charge(keyed('one')))).toBe('completed 201');
  });

  it('that nothing was charged counts as absence: the order is looked up before it is charged again', async () => {
    const replica = await inReview();
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'FAILED', failureCode: 'resolved_by_operator' });
    const answer = await replica.charge(keyed('one'));
    expect(answer).toMatchObject({ kind: 'settled', frozen: { problem: 'gateway_failed' } });
    if (answer.kind === 'settled') expect(answer.frozen.body).toContain('An operator has stated');
    lands();
    gateway.play = approve;
    expect(told(await replica.charge(keyed('two')))).toBe('202 REVIEW');
    expect(gateway.calls).toHaveLength(1);
  });

  it('that nothing was charged waits until nothing can land any more', async () => {
    declareContract({ landsWithinMs: 2 * HOUR });
    const replica = await inReview();
    await replica.resolve(FAILED);
    await world.pass(10 * MINUTE);
    expect(now().status).toBe('REVIEW');
    await world.pass(HOUR);
    expect(now().status).toBe('FAILED');
  });

  it('counts while the gateway gives no answer', async () => {
    const replica = await inReview();
    shows(SILENT);
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now().status).toBe('FAILED');
  });

  it.each([TWICE, MISMATCH, PENDING])(
    'that nothing was charged is refuted by live money ($kind)',
    async (outcome) => {
      const replica = await inReview();
      shows(outcome);
      await replica.resolve(FAILED);
      await world.pass(1000);
      expect(now().status).toBe('REVIEW');
      expect(last()[0]).toContain('operator.refuted failed by amira; the gateway shows');
      expect(alarms(replica)).toContain('operator_refuted');
    },
  );

  it('that nothing was charged is refuted by the charge itself, which completes the payment', async () => {
    const replica = await inReview();
    lands();
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_late' });
    expect(last()).toEqual(['operator.refuted failed by amira; the gateway shows ch_late']);
    expect(alarms(replica)).toContain('operator_refuted');
  });

  it('that it was paid is refuted by proof that it was not', async () => {
    const replica = await inReview(error500);
    shows({ kind: 'absent' });
    await replica.resolve(isPaid());
    await world.pass(1000);
    expect(now().status).toBe('FAILED');
    expect(last()[0]).toContain('operator.refuted completed by amira');
    expect(alarms(replica)).toContain('operator_refuted');
  });

  it.each([MISMATCH, REVERSED])('that it was paid is refuted by a charge that is $kind', async (outcome) => {
    declareContract({ keys: 'none', landsWithinMs: 10 * HOUR });
    const replica = await inReview();
    shows(outcome);
    await replica.resolve(isPaid('ch_1'));
    await world.pass(1000);
    expect(now().status).toBe('REVIEW');
    expect(last()[0]).toContain('operator.refuted');
  });

  it('that it was paid stands while what was sent may still land', async () => {
    declareContract({ landsWithinMs: 10 * HOUR });
    const replica = await inReview();
    shows({ kind: 'absent' });
    await replica.resolve(isPaid());
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_seen' });
  });

  it('that it was paid completes what exists twice, with an alarm', async () => {
    const replica = await inReview();
    shows(TWICE);
    await replica.resolve(isPaid('ch_1'));
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_1' });
    expect(alarms(replica).at(-1)).toBe('duplicate_charge');
  });

  it('is confirmed by a gateway that shows the same', async () => {
    const replica = await inReview();
    lands();
    await replica.resolve(isPaid());
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_late' });
    expect(last()).toEqual(['payment.completed ch_late']);
    expect(said(await replica.resolve(isPaid()))).toBe('payment COMPLETED');
  });

  it.each([
    { kind: 'unavailable', reason: 'no_free_slot' },
    // The word of somebody's own adapter.
    { kind: 'not_sent', reason: 'no_free_thread' },
  ] as const)('waits while nobody can ask the gateway: $kind', async (outcome) => {
    const replica = await inReview();
    gateway.lookupPlay = () => outcome;
    await replica.resolve(FAILED);
    await world.pass(MINUTE);
    expect(now().status).toBe('REVIEW');
    shows(SILENT);
    await world.pass(MINUTE);
    expect(now().status).toBe('FAILED');
  });

  it('counts at once where the gateway has no lookups', async () => {
    declareContract({ lookup: false });
    const replica = await inReview();
    expect(said(await replica.lookNow())).toBe('nothing_to_look_at');
    await replica.resolve(isPaid());
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_seen' });
  });

  it('that nothing was charged waits there too, until nothing can land any more', async () => {
    declareContract({ lookup: false, landsWithinMs: 2 * HOUR });
    const replica = await inReview();
    await replica.resolve(FAILED);
    await world.pass(HOUR);
    expect(now().status).toBe('REVIEW');
    await world.pass(2 * HOUR);
    expect(now()).toMatchObject({ status: 'FAILED', failureCode: 'resolved_by_operator' });
  });

  it('is carried out by another process, if the one that took it stops', async () => {
    const replica = await inReview();
    gateway.lookupPlay = () => new Promise(() => {});
    await replica.resolve(FAILED);
    await world.ended(replica.engine.stop(0));
    gateway.lookupPlay = () => SILENT;
    await chargingReplica(world, gateway, SETTINGS);
    await world.pass(5 * MINUTE);
    expect(now().status).toBe('FAILED');
  });
});

describe('an operator’s word about evidence', () => {
  it('deals with a report of money that the gateway does not show', async () => {
    const replica = await inReview(error500);
    await lateEvidence(world, replica.store);
    shows({ kind: 'absent' });
    await world.pass(MINUTE);
    expect(now().status).toBe('REVIEW');
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now().status).toBe('FAILED');
  });

  it('is not written over evidence that comes in meanwhile: that is looked into first', async () => {
    const replica = await inReview();
    let looks = 0;
    gateway.lookupPlay = async () => {
      looks += 1;
      if (looks === 1) await replica.store.addEvidence(await piece());
      return SILENT;
    };
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(last(4)).toEqual([
      'verify.started',
      'lookup.not_found_yet late_evidence',
      'verify.started',
      'operator.settled failed by amira',
    ]);
    expect(looks).toBe(2);
  });

  async function piece() {
    const { paymentId } = world.stored('o1');
    const payment = { accountId: 'default', orderId: 'o1', paymentId };
    return { payment, chargeN: 1, outcome: { kind: 'approved', ref: 'ch_late' } } as const;
  }
});

describe('an operator’s word about another charge of the order', () => {
  it('that nothing was charged is refuted while that charge is live', async () => {
    const replica = await lateSuccess();
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now().status).toBe('REVIEW');
    expect(last()[0]).toContain('operator.refuted');
  });

  it('completes the payment with that charge', async () => {
    const replica = await lateSuccess();
    const before = alarms(replica).length;
    await replica.resolve(isPaid('ch_late'));
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_late' });
    expect(alarms(replica)).toHaveLength(before);
  });

  it('and about a second live one raises an alarm', async () => {
    const replica = await lateSuccess();
    await replica.resolve(isPaid('ch_other'));
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_other' });
    expect(alarms(replica).at(-1)).toBe('duplicate_charge');
  });
});

describe('a second word', () => {
  it('joins the first if it is the same, before and after it was carried out', async () => {
    const replica = await inReview();
    await replica.resolve(FAILED);
    expect(said(await replica.resolve(FAILED))).toBe('payment REVIEW');
    await world.pass(1000);
    expect(said(await replica.resolve({ ...FAILED, actor: 'ben' }))).toBe('payment FAILED');
    expect(world.trail('o1').filter((line) => line.startsWith('operator.wished'))).toHaveLength(1);
  });

  it('that says something else is refused, before and after the first was carried out', async () => {
    const replica = await inReview();
    await replica.resolve(FAILED);
    expect(said(await replica.resolve(isPaid()))).toBe('resolution_conflict');
    await world.pass(1000);
    expect(said(await replica.resolve(isPaid()))).toBe('resolution_conflict');
    expect(now().status).toBe('FAILED');
  });

  it('may differ after the first was refuted', async () => {
    const replica = await inReview();
    shows(TWICE);
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(said(await replica.resolve(isPaid('ch_1')))).toBe('payment REVIEW');
    await world.pass(1000);
    expect(now().status).toBe('COMPLETED');
  });
});

describe('a word that the gateway has refuted', () => {
  async function refuted(wish: Wish, outcome: LookupOutcome): Promise<Reviewed> {
    const replica = await inReview();
    shows(outcome);
    await replica.resolve(wish);
    await world.pass(1000);
    expect([now().status, last()[0]]).toEqual(['REVIEW', expect.stringContaining('operator.refuted')]);
    return replica;
  }

  it.each([SILENT, { kind: 'forbidden', reason: 'http_401' }] as const)(
    'does not count when it is said again and the gateway gives no answer ($kind)',
    async (silence) => {
      const replica = await refuted(FAILED, TWICE);
      shows(silence);
      expect(said(await replica.resolve({ ...FAILED, actor: 'ben' }))).toBe('payment REVIEW');
      await world.pass(10 * HOUR);
      expect(now().status).toBe('REVIEW');
      shows(TWICE);
      await world.pass(2 * HOUR);
      expect(last()[0]).toContain('operator.refuted failed by ben');
    },
  );

  it('counts when it is said again and the gateway shows no money any more', async () => {
    declareContract({ keys: 'none' });
    const replica = await refuted(FAILED, TWICE);
    shows(SILENT);
    await replica.resolve(FAILED);
    await world.pass(HOUR);
    shows({ kind: 'absent' });
    await world.pass(2 * HOUR);
    expect(now().status).toBe('FAILED');
  });

  it('that it was paid does not count either', async () => {
    const replica = await refuted(isPaid('ch_1'), MISMATCH);
    shows(SILENT);
    await replica.resolve(isPaid('ch_1'));
    await world.pass(10 * HOUR);
    expect(now().status).toBe('REVIEW');
  });

  it('because of another charge does not count while nobody can look that one up', async () => {
    const replica = await lateSuccess();
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(last()[0]).toContain('operator.refuted');
    const [first] = gateway.calls;
    gateway.lookupPlay = ({ key }) => (key === first?.key ? SILENT : { kind: 'absent' });
    await replica.resolve(FAILED);
    await world.pass(10 * HOUR);
    expect(now().status).toBe('REVIEW');
  });

  it.each([SILENT, { kind: 'forbidden', reason: 'http_401' }] as const)(
    'or that was about money which a lookup had shown, does not count in silence ($kind)',
    async (silence) => {
      const replica = await lateSuccess();
      shows(silence);
      await replica.resolve(FAILED);
      await world.pass(10 * HOUR);
      expect(now()).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
      shows({ kind: 'absent' });
      await world.pass(2 * HOUR);
      expect(now().status).toBe('FAILED');
    },
  );

  it('that it failed counts beside a no that the gateway shows on other terms', async () => {
    const replica = await refuted(FAILED, MISMATCH);
    shows(NO_ON_OTHER_TERMS);
    await replica.resolve(FAILED);
    await world.pass(HOUR);
    expect(now()).toMatchObject({ status: 'FAILED', failureCode: 'resolved_by_operator' });
    expect(last()[0]).toContain('operator.settled failed by amira');
  });

  it('that it failed waits beside such a no until nothing can land any more', async () => {
    declareContract({ landsWithinMs: 4 * HOUR });
    const replica = await refuted(FAILED, MISMATCH);
    shows(NO_ON_OTHER_TERMS);
    await replica.resolve(FAILED);
    await world.pass(HOUR);
    expect(now().status).toBe('REVIEW');
    await world.pass(4 * HOUR);
    expect(now()).toMatchObject({ status: 'FAILED', failureCode: 'resolved_by_operator' });
  });

  it('that it was paid is refuted by a no on other terms, so it can be said that it failed', async () => {
    const replica = await refuted(isPaid('ch_1'), MISMATCH);
    shows(NO_ON_OTHER_TERMS);
    await replica.resolve(isPaid('ch_1'));
    await world.pass(HOUR);
    expect(last()[0]).toContain('operator.refuted completed by amira');
    expect(said(await replica.resolve(FAILED))).toBe('payment REVIEW');
    await world.pass(HOUR);
    expect(now().status).toBe('FAILED');
  });

  it('is looked at less and less often while the gateway gives no answer', async () => {
    const replica = await refuted(FAILED, TWICE);
    shows(SILENT);
    await replica.resolve(FAILED);
    const before = gateway.lookups.length;
    await world.pass(24 * HOUR);
    const looks = gateway.lookups.length - before;
    expect(looks).toBeGreaterThan(3);
    expect(looks).toBeLessThan(60);
  });

  it('is followed by the opposite one, which needs an answer too', async () => {
    const replica = await refuted(isPaid('ch_1'), MISMATCH);
    shows(SILENT);
    await replica.resolve(FAILED);
    await world.pass(10 * HOUR);
    expect(now().status).toBe('REVIEW');
  });
});

describe('an operator’s word that was decided', () => {
  it('ends with the review: a later review is not about it', async () => {
    const replica = await inReview();
    await replica.resolve(FAILED);
    await world.pass(1000);
    await lateEvidence(world, replica.store);
    shows({ kind: 'absent' });
    await world.pass(2 * MINUTE);
    expect(now()).toMatchObject({ status: 'REVIEW', failureCode: 'late_evidence' });
    await replica.lookNow();
    await world.pass(2 * MINUTE);
    expect(now().status).toBe('REVIEW');
    expect(said(await replica.resolve(isPaid('ch_late')))).toBe('payment REVIEW');
    await world.pass(1000);
    expect(now()).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_late' });
  });
});

describe('an operator’s word is refused', () => {
  it('about another amount', async () => {
    const replica = await inReview();
    expect(said(await replica.resolve(isPaid('ch_seen', 999)))).toBe('amount_differs');
    expect(last()[0]).not.toContain('operator');
  });

  it('about a payment that is not in REVIEW, or does not exist', async () => {
    const replica = await chargingReplica(world, gateway);
    await replica.charge(KEYLESS);
    const { resolve } = operator(world, replica);
    expect(said(await resolve(FAILED))).toBe('not_in_review');
    expect(said(await resolve(FAILED, 'r1'))).toBe('refund_not_found');
    const missing = { accountId: 'default', paymentId: 'none', followUp: null };
    const asked = replica.engine.resolve({ ...missing, wish: FAILED, evidence: 'none' });
    expect(said(await world.ended(asked))).toBe('payment_not_found');
  });

  it('by a server of another gateway', async () => {
    await inReview();
    const other = await chargingReplica(world, createScriptedGateway({}, 'another'), SETTINGS);
    expect(said(await operator(world, other).resolve(FAILED))).toBe('other_gateway');
  });

  it('while a worker holds the payment for too long', async () => {
    const replica = await inReview();
    gateway.lookupPlay = () => new Promise(() => {});
    await replica.lookNow();
    await world.pass(1000);
    expect(await replica.resolve(FAILED)).toMatchObject({ code: 'under_way', retryAfterMs: 1000 });
  });

  it('by an engine that has stopped', async () => {
    const replica = await inReview();
    await world.ended(replica.engine.stop(0));
    expect(said(await replica.resolve(FAILED))).toBe('shutting_down');
  });
});

describe('an operator’s word and the database', () => {
  it('is stored once if the acknowledgement is lost', async () => {
    const replica = await inReview();
    replica.store.fail('advance', 'ack_lost');
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now().status).toBe('FAILED');
    expect(world.trail('o1').filter((line) => line.startsWith('operator.wished'))).toHaveLength(1);
  });

  it('rejects if it cannot be stored', async () => {
    const replica = await inReview();
    replica.store.goDown();
    await expect(replica.resolve(FAILED)).rejects.toMatchObject({ name: 'StoreError' });
  });

  it('does not reject as if nothing was stored, if it may have been stored', async () => {
    const { resolve, store } = await inReview();
    store.fail('advance', 'ack_lost', ...Array<'unavailable'>(50).fill('unavailable'));
    await expect(resolve(FAILED)).rejects.toMatchObject({ kind: 'outcome_unknown' });
  });

  it('does not reject as if nothing was stored, if only its answer cannot be read', async () => {
    const { resolve, store } = await inReview();
    store.fail('sums', 'unavailable');
    await expect(resolve(FAILED)).rejects.toMatchObject({ kind: 'outcome_unknown' });
    expect(last()).toEqual(['operator.wished failed by amira']);
  });

  it('waits if it cannot be read', async () => {
    const replica = await inReview();
    replica.store.before('advance', () => replica.store.fail('lastWish', 'unavailable', 'unavailable'));
    await replica.resolve(FAILED);
    await world.pass(1000);
    expect(now().status).toBe('REVIEW');
    await world.pass(MINUTE);
    expect(now().status).toBe('FAILED');
  });

  it('is not read for a payment that is not in REVIEW', async () => {
    const replica = await chargingReplica(world, gateway);
    gateway.play = () => reset;
    gateway.lookupPlay = () => SILENT;
    await replica.charge(KEYLESS);
    await world.pass(MINUTE);
    expect(replica.uses('lastWish')).toBe(0);
  });
});
