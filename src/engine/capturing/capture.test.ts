/** Captures and voids as their callers see them: one of them, once, and a true answer. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  atOrder,
  type CapturingGateway,
  type CapturingReplica,
  capturingReplica,
  createCapturingGateway,
  wantedOf,
} from '../../../test/support/capturing.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { createRefundingGateway, wantedOf as refundOf } from '../../../test/support/refunding.ts';
import { error500, reset } from '../../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told as toldOfCharge } from '../../../test/support/virtual-world.ts';
import type { ExclusiveAnswer } from '../api.ts';

let gateway: CapturingGateway;
beforeEach(() => {
  gateway = createCapturingGateway();
});

const KEY = { route: 'POST /capture', key: 'k1' };
const HOUR = 3_600_000;

/** In a word or two: `SUCCEEDED 400`, `202 PENDING`, `capture_declined already_captured`, `operation_in_progress`. */
function told(answer: ExclusiveAnswer): string {
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind !== 'settled') return `202 ${answer.shown.status}`;
  const { problem, body } = answer.frozen;
  const { status, amount, failure_code } = JSON.parse(body);
  return problem === null ? `${status} ${amount}` : `${problem} ${failure_code}`;
}

function alarms({ logged }: Pick<CapturingReplica, 'logged'>): unknown[] {
  return logged.flatMap(({ fields }) => (fields.alarm === undefined ? [] : [fields.alarm]));
}

describe('a charge with manual capture', () => {
  it('is authorised: its answer is settled, and its key gets it again, whatever has become of it', async () => {
    const { engine, capture } = await capturingReplica(world, gateway);
    const wanted = order('o2', { captureMethod: 'manual' });
    const first = await world.ended(engine.charge(wanted, keyed('k')));
    expect(first).toMatchObject({ kind: 'settled', started: true, frozen: { problem: null } });
    const body = first.kind === 'settled' ? JSON.parse(first.frozen.body) : {};
    expect(body).toMatchObject({ status: 'AUTHORIZED', capture_method: 'manual', gateway_ref: 'ch_2' });
    expect(gateway.calls.at(-1)).toMatchObject({ captureMethod: 'manual' });
    expect(told(await capture())).toBe('SUCCEEDED 1000');
    const asked = order('o1', { captureMethod: 'manual' });
    expect(await world.ended(engine.charge(wanted, keyed('k')))).toEqual({
      ...first,
      replayed: true,
      started: true,
    });
    const later = await world.ended(engine.charge(asked, keyed('later')));
    expect(later.kind === 'settled' && JSON.parse(later.frozen.body)).toMatchObject({ status: 'COMPLETED' });
    expect(gateway.calls).toHaveLength(2);
  });

  it('has other terms than one without', async () => {
    const { engine } = await capturingReplica(world, gateway);
    expect(toldOfCharge(await world.ended(engine.charge(order('o1'), KEYLESS)))).toBe('order_conflict');
    await world.ended(engine.charge(order('o2', { captureMethod: 'manual' }), keyed('k')));
    expect(toldOfCharge(await world.ended(engine.charge(order('o2'), keyed('k'))))).toBe(
      'idempotency_key_reused',
    );
  });

  it('is refused before anything is stored if the adapter cannot capture', async () => {
    const { engine } = await world.replica(createRefundingGateway());
    const answer = await world.ended(engine.charge(order('o1', { captureMethod: 'manual' }), keyed('k')));
    expect(toldOfCharge(answer)).toBe('effect_not_offered');
    expect(world.database.row('default', 'o1')).toBeUndefined();
  });

  it('whose answer was lost is found authorised', async () => {
    const play = gateway.play;
    gateway.play = async (call) => {
      await play(call);
      return reset;
    };
    const { standing } = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    await world.pass(HOUR);
    expect(await standing()).toBe('AUTHORIZED 0/0');
    expect(world.trail('o1').at(-1)).toBe('payment.authorized ch_1');
  });

  it('that the gateway captured at once is not what was asked for', async () => {
    gateway.play = ({ charge }) => {
      charge();
      return { kind: 'mismatch', ref: 'ch_1', reason: 'capture_mismatch' };
    };
    const { standing } = await capturingReplica(world, gateway);
    expect(await standing()).toBe('REVIEW 0/0');
  });
});

describe('a capture', () => {
  it('takes all of it if no amount is named, and completes the payment', async () => {
    const replica = await capturingReplica(world, gateway, { limits: { sweepMs: 60_000 } });
    expect(told(await replica.capture())).toBe('SUCCEEDED 1000');
    expect(await replica.standing()).toBe('COMPLETED 1000/0');
    expect(gateway.captureCalls).toMatchObject([{ kind: 'capture', amountMinor: 1000, chargeRef: 'ch_1' }]);
    expect(world.trail('o1').slice(-2)).toEqual(['payment.authorized ch_1', 'payment.captured 1000']);
    await world.pass(10 * 24 * HOUR);
    expect(gateway.lookups).toEqual([]);
  });

  it('of a part is the bound of refunds', async () => {
    const { capture, standing, engine, paymentId } = await capturingReplica(world, gateway);
    expect(told(await capture(400))).toBe('SUCCEEDED 400');
    const refund = (amountMinor: number) =>
      world.ended(engine.refund(refundOf(paymentId, { amountMinor }), { waitMs: 5000 }));
    expect(await refund(401)).toMatchObject({ code: 'refund_exceeds_captured' });
    expect(await refund(400)).toMatchObject({ kind: 'settled', frozen: { problem: null } });
    expect(await standing()).toBe('COMPLETED 400/400');
  });

  it('is one, however many ask for it at once at two processes, and the others join it', async () => {
    const first = await capturingReplica(world, gateway);
    const second = await world.replica(gateway);
    const wanted = wantedOf(first.paymentId, 400);
    const answers = await world.ended(
      Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 === 0 ? first : second).engine.capture(wanted, {
            waitMs: 5000,
            ...(n < 10 ? { key: { route: 'r', key: `k${n}` } } : {}),
          }),
        ),
      ),
    );
    expect(new Set(answers.map(told))).toEqual(new Set(['SUCCEEDED 400']));
    expect(answers.filter((answer) => answer.kind === 'settled' && answer.started)).toHaveLength(1);
    expect(gateway.captureCalls).toHaveLength(1);
  });

  it('that others have joined tells them how it ended, also if the next one is open by then', async () => {
    const first = await capturingReplica(world, gateway);
    const second = await world.replica(gateway);
    let decline = (): void => {};
    gateway.capturePlay = ({ book, call }) =>
      new Promise((resolve) => {
        if (call === 1) decline = () => resolve(book('failed'));
      });
    const wanted = wantedOf(first.paymentId, 400);
    const opened = first.engine.capture(wanted, { waitMs: 5000 });
    const joined = second.engine.capture(wanted, { waitMs: 5000 });
    await world.pass(1500);
    decline();
    expect(told(await world.ended(opened))).toBe('capture_declined capture_failed');
    const next = first.engine.capture(wantedOf(first.paymentId, 500), { waitMs: 0 });
    expect(told(await world.ended(next))).toBe('202 PENDING');
    expect(told(await world.ended(joined))).toBe('capture_declined capture_failed');
  });

  it('with another amount is refused while one is open, and after it', async () => {
    gateway.capturePlay = ({ book }) => book('pending');
    const { capture } = await capturingReplica(world, gateway);
    expect(told(await capture(400))).toBe('202 PENDING');
    expect(await capture(500)).toMatchObject({
      code: 'operation_in_progress',
      shown: { operation: 'capture', amountMinor: 400 },
    });
    for (const [key, one] of gateway.captureLedger)
      gateway.captureLedger.set(key, { ...one, status: 'succeeded' });
    await world.pass(HOUR);
    expect(told(await capture(400))).toBe('SUCCEEDED 400');
    expect(told(await capture(500))).toBe('payment_not_capturable');
    expect(gateway.captureCalls).toHaveLength(1);
  });

  it('of more than was authorised, or of what is not authorised, stores and sends nothing', async () => {
    const { capture, engine, void: release } = await capturingReplica(world, gateway);
    expect(told(await capture(1001))).toBe('capture_exceeds_authorized');
    await world.ended(engine.charge(order('o2'), KEYLESS));
    const completed = wantedOf(world.stored('o2').paymentId);
    const at = { waitMs: 5000 };
    expect(told(await world.ended(engine.capture(completed, at)))).toBe('payment_not_capturable');
    expect(told(await world.ended(engine.void(completed, at)))).toBe('payment_not_voidable');
    const nowhere = wantedOf('01936b1e-7f2a-7c3d-8e4f-0123456789ab');
    expect(told(await world.ended(engine.capture(nowhere, at)))).toBe('payment_not_found');
    expect(gateway.captureCalls).toEqual([]);
    await release();
    expect(told(await capture())).toBe('payment_not_capturable');
    expect(gateway.captureCalls).toHaveLength(1);
  });

  it('replays the answer of its key, and refuses the key for anything else', async () => {
    const { capture } = await capturingReplica(world, gateway);
    const first = await capture(400, { key: KEY });
    expect(await capture(400, { key: KEY })).toEqual({ ...first, replayed: true });
    expect(told(await capture(500, { key: KEY }))).toBe('idempotency_key_reused');
    expect(told(await capture(null, { key: KEY }))).toBe('idempotency_key_reused');
  });

  it('that was declined leaves it authorised; its key replays, and the next request opens another one', async () => {
    gateway.capturePlay = ({ call, book }) => (call === 1 ? { kind: 'declined', code: 'try_later' } : book());
    const { capture, standing } = await capturingReplica(world, gateway);
    expect(told(await capture(400, { key: KEY }))).toBe('capture_declined try_later');
    expect(await standing()).toBe('AUTHORIZED 0/0');
    expect(told(await capture(400, { key: KEY }))).toBe('capture_declined try_later');
    expect(told(await capture(500, { key: { ...KEY, key: 'k2' } }))).toBe('SUCCEEDED 500');
    const [first, second] = gateway.captureCalls;
    expect(first?.key).not.toBe(second?.key);
  });

  it('whose answer was lost is looked up by its key, and is not made twice', async () => {
    gateway.capturePlay = ({ book }) => {
      book();
      return reset;
    };
    const { capture, standing } = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await capture(400, { waitMs: 60_000 }))).toBe('SUCCEEDED 400');
    expect(await standing()).toBe('COMPLETED 400/0');
    expect(gateway.captureCalls).toHaveLength(1);
  });

  it('that the gateway does not know by its key is proved by the sum of the charge', async () => {
    gateway.capturePlay = ({ book, request }) => {
      book();
      gateway.captureLedger.delete(request.key);
      return reset;
    };
    const { capture, standing } = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await capture(400, { waitMs: 60_000 }))).toBe('SUCCEEDED 400');
    expect(await standing()).toBe('COMPLETED 400/0');
  });

  it('that was refunded at the gateway before anybody knew of it has succeeded all the same', async () => {
    gateway.capturePlay = ({ request, book }) => {
      book();
      gateway.captureLedger.delete(request.key);
      gateway.change({ status: 'refunded' });
      return reset;
    };
    const { capture, standing } = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await capture(400, { waitMs: 60_000 }))).toBe('SUCCEEDED 400');
    expect(await standing()).toBe('COMPLETED 400/0');
  });

  it('that is answered "already captured" is looked up, and fails only when it is proved not to be there', async () => {
    const replica = await capturingReplica(world, gateway);
    gateway.change({ status: 'succeeded', capturedMinor: 700 });
    expect(told(await replica.capture(400, { waitMs: 600_000 }))).toBe('capture_declined already_captured');
    // The same call would only get the same answer.
    expect(gateway.captureCalls).toHaveLength(1);
    await world.pass(60_000);
    // The payment shows what was really captured.
    expect(await replica.standing()).toBe('COMPLETED 700/0');
    expect(alarms(replica)).toEqual(['captured_elsewhere']);
  });

  it('that failed without the gateway’s word is looked up before the next one; if it was made, nothing is sent', async () => {
    let late = () => {};
    gateway.capturePlay = ({ book }) => {
      late = book;
      return reset;
    };
    const replica = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await replica.capture(400, { waitMs: HOUR }))).toBe('gateway_failed gateway_error');
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    late();
    gateway.capturePlay = ({ book }) => book();
    expect(told(await replica.capture(500, { waitMs: HOUR }))).toBe(
      'payment_not_capturable payment_not_capturable',
    );
    await world.pass(HOUR);
    expect(await replica.standing()).toBe('COMPLETED 400/0');
    expect(alarms(replica)).toContain('capture_landed_late');
    expect(gateway.captureCalls).toHaveLength(1);
  });

  it('is not sent if an earlier void that counted as failed was made after all', async () => {
    let late = () => {};
    gateway.capturePlay = ({ book }) => {
      late = book;
      return reset;
    };
    const replica = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await replica.void({ waitMs: HOUR }))).toBe('gateway_failed gateway_error');
    late();
    expect(told(await replica.capture(400, { waitMs: HOUR }))).toBe(
      'payment_not_capturable payment_not_capturable',
    );
    await world.pass(HOUR);
    expect(await replica.standing()).toBe('VOIDED 0/0');
    expect(alarms(replica)).toEqual(['void_landed_late']);
    expect(gateway.captureCalls).toMatchObject([{ kind: 'void' }]);
  });

  it('is finished by another process if its own dies between the call and the write', async () => {
    const first = await capturingReplica(world, gateway);
    const second = atOrder(world, await world.replica(gateway));
    gateway.capturePlay = ({ book }) => {
      book();
      first.store.goDown();
      return new Promise(() => {});
    };
    const answer = first.engine.capture(wantedOf(first.paymentId, 400), { waitMs: 1000 });
    await world.ended(answer.catch(() => null));
    await world.pass(10 * 60_000);
    expect(await second.standing()).toBe('COMPLETED 400/0');
    expect(gateway.captureLedger.size).toBe(1);
  });

  it('is resolved by an operator if nobody can prove it', async () => {
    gateway.capturePlay = () => reset;
    gateway.captureLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    const replica = await capturingReplica(world, gateway, {
      policy: { maxAttempts: 1, resolveForMs: 60_000 },
      limits: { sweepMs: 60_000 },
    });
    await replica.capture(400);
    await world.pass(2 * HOUR);
    const target = {
      accountId: 'default',
      paymentId: replica.paymentId,
      followUp: { kind: 'capture', name: null },
    } as const;
    const read = () => world.ended(replica.engine.findExclusive('default', replica.paymentId, 'capture'));
    expect(await read()).toMatchObject({ status: 'REVIEW', actions: ['look_now', 'resolve'] });
    expect(told(await replica.void())).toBe('operation_in_progress');
    const done = { outcome: 'completed', gatewayRef: 'cap_seen', amountMinor: 400, actor: 'amira' } as const;
    const wrong = { ...done, amountMinor: 1000 };
    expect(
      await world.ended(replica.engine.resolve({ ...target, wish: wrong, evidence: 'x' })),
    ).toMatchObject({
      code: 'amount_differs',
    });
    await world.ended(replica.engine.resolve({ ...target, wish: done, evidence: 'ticket 17' }));
    await world.pass(HOUR);
    expect(await read()).toMatchObject({ status: 'SUCCEEDED', gatewayRef: 'cap_seen' });
    expect(await replica.standing()).toBe('COMPLETED 400/0');
    const trail = await world.ended(
      replica.engine.exclusiveEvents('default', replica.paymentId, 'capture', { after: 0, limit: 50 }),
    );
    expect(trail?.map(({ type }) => type).slice(-2)).toEqual([expect.any(String), 'operator.settled']);
  });
});

describe('of another amount than was asked for', () => {
  /** The gateway takes `amountMinor` where `kind` was asked for, under our own key. */
  async function ended(kind: 'capture' | 'void', amountMinor: number) {
    gateway.capturePlay = ({ request, book }) => {
      book();
      const made = gateway.captureLedger.get(request.key);
      if (made !== undefined) gateway.captureLedger.set(request.key, { ...made, amountMinor });
      if (kind === 'capture') gateway.change({ capturedMinor: amountMinor });
      return { kind: 'mismatch', ref: `${kind}_1`, reason: 'amount_mismatch' };
    };
    const replica = await capturingReplica(world, gateway, { limits: { sweepMs: 60_000 } });
    if (kind === 'capture') await replica.capture(400);
    else await replica.void();
    const target = { accountId: 'default', paymentId: replica.paymentId, followUp: { kind, name: null } };
    const done = { outcome: 'completed', gatewayRef: `${kind}_1`, amountMinor, actor: 'amira' } as const;
    const resolve = (changes: { readonly amountMinor?: number } = {}) =>
      world.ended(replica.engine.resolve({ ...target, wish: { ...done, ...changes }, evidence: 'x' }));
    const read = () => world.ended(replica.engine.findExclusive('default', replica.paymentId, kind));
    return { ...replica, resolve, read };
  }

  it('a capture is settled by an operator with what the gateway shows, and that bounds refunds', async () => {
    const replica = await ended('capture', 700);
    expect(await replica.read()).toMatchObject({ status: 'REVIEW', failureCode: 'amount_mismatch' });
    await replica.resolve();
    await world.pass(1000);
    expect(await replica.read()).toMatchObject({ status: 'SUCCEEDED', amountMinor: 400, capturedMinor: 700 });
    expect(await replica.standing()).toBe('COMPLETED 700/0');
    expect(world.trail('o1').at(-1)).toBe('payment.captured 700');
    const again = await replica.capture(400);
    expect(again.kind === 'settled' && JSON.parse(again.frozen.body)).toMatchObject({
      amount: 400,
      amount_captured: 700,
    });
  });

  it('a capture is not settled with an amount that the gateway does not show', async () => {
    const replica = await ended('capture', 700);
    await replica.resolve({ amountMinor: 600 });
    await world.pass(1000);
    expect(await replica.read()).toMatchObject({ status: 'REVIEW' });
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
  });

  it('a capture is not settled with the amount that was asked for if the charge shows another one', async () => {
    const replica = await ended('capture', 700);
    // At some gateways, only the charge shows what was captured.
    gateway.captureLedger.clear();
    await replica.resolve({ amountMinor: 400 });
    await world.pass(1000);
    expect(await replica.read()).toMatchObject({ status: 'REVIEW', failureCode: 'amount_mismatch' });
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    expect(alarms(replica)).toContain('operator_refuted');
    await replica.resolve();
    await world.pass(1000);
    expect(await replica.standing()).toBe('COMPLETED 700/0');
  });

  it('a void is not settled at all: nobody knows what is still held', async () => {
    const replica = await ended('void', 700);
    expect(await replica.resolve()).toMatchObject({ code: 'amount_differs' });
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
  });
});

describe('a void', () => {
  it('lets go of the money, once, and the payment is VOIDED', async () => {
    const replica = await capturingReplica(world, gateway);
    expect(told(await replica.void())).toBe('SUCCEEDED 1000');
    expect(told(await replica.void())).toBe('SUCCEEDED 1000');
    expect(await replica.standing()).toBe('VOIDED 0/0');
    expect(gateway.captureCalls).toMatchObject([{ kind: 'void' }]);
    expect(world.stored('o1').operation.failureCode).toBeNull();
  });

  it.each([
    ['before', 1],
    ['after', -1],
  ] as const)(
    'that is asked for a moment %s a capture, at another process, has one winner with it',
    async (_when, sign) => {
      const first = await capturingReplica(world, gateway);
      gateway.capturePlay = ({ book }) =>
        new Promise((resolve) => void world.clock.after(1000, () => resolve(book())));
      const second = await world.replica(gateway);
      const wanted = wantedOf(first.paymentId);
      const asks = [
        () => second.engine.void(wanted, { waitMs: 5000 }),
        () => first.engine.capture(wanted, { waitMs: 5000 }),
      ];
      const inOrder = sign === 1 ? asks : asks.reverse();
      const answers = await world.ended(Promise.all(inOrder.map((ask) => ask())));
      expect(answers.filter(({ kind }) => kind === 'settled')).toHaveLength(1);
      expect(answers.filter((answer) => answer.kind === 'problem')).toMatchObject([
        { code: 'operation_in_progress' },
      ]);
      expect(gateway.captureCalls).toHaveLength(1);
      expect(await first.standing()).toBe(
        gateway.charge().status === 'voided' ? 'VOIDED 0/0' : 'COMPLETED 1000/0',
      );
    },
  );

  it('after a capture that was lost waits until that one is proved', async () => {
    gateway.capturePlay = ({ book }) => {
      book();
      return reset;
    };
    gateway.captureLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    const replica = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    expect(told(await replica.capture())).toBe('202 PENDING');
    expect(told(await replica.void())).toBe('operation_in_progress');
    gateway.captureLookup = null;
    await world.pass(HOUR);
    expect(told(await replica.void())).toBe('payment_not_voidable');
    expect(await replica.standing()).toBe('COMPLETED 1000/0');
  });

  it('of what somebody else has voided has done what it was for', async () => {
    const replica = await capturingReplica(world, gateway);
    gateway.change({ status: 'voided' });
    expect(told(await replica.void({ waitMs: 60_000 }))).toBe('SUCCEEDED 1000');
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('that fails with an answered error is retried under the same key', async () => {
    gateway.capturePlay = ({ call, book }) => (call === 1 ? error500 : book());
    const replica = await capturingReplica(world, gateway);
    expect(told(await replica.void())).toBe('SUCCEEDED 1000');
    const [first, second] = gateway.captureCalls;
    expect(first?.key).toBe(second?.key);
  });
});

describe('a capture without a key whose confirmation was lost', () => {
  /** The request reads nothing more before it may go on. `lost`: what it sent to the database was not carried out, or not yet. */
  function captureUnconfirmed(
    { engine, store, paymentId }: Awaited<ReturnType<typeof capturingReplica>>,
    fault: 'ack_lost' | 'lost',
  ) {
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.fail('openFollowUp', fault);
    store.before(
      'followUpSituation',
      () => {},
      () => held,
    );
    return { answer: engine.capture(wantedOf(paymentId), { waitMs: 5 * HOUR }), goOn };
  }

  it('is answered with its own end, also if it has failed and the payment has ended before it is read', async () => {
    const replica = await capturingReplica(world, gateway);
    const other = await world.replica(gateway);
    gateway.captureLookup = () => ({ kind: 'absent', code: 'already_voided' });
    gateway.capturePlay = () => reset;
    const { answer, goOn } = captureUnconfirmed(replica, 'ack_lost');
    gateway.change({ status: 'voided' });
    await world.pass(HOUR);
    expect(await atOrder(world, other).standing()).toBe('VOIDED 0/0');
    goOn();
    expect(told(await world.ended(answer))).toBe('capture_declined already_voided');
  });

  it('is not told that nothing was stored, if the payment has ended and its statement may still run', async () => {
    const replica = await capturingReplica(world, gateway);
    const { answer, goOn } = captureUnconfirmed(replica, 'lost');
    gateway.change({ status: 'voided' });
    const { accountId, paymentId } = wantedOf(replica.paymentId);
    await world.ended(replica.engine.lookNow({ accountId, paymentId, followUp: null, actor: 'amira' }));
    await world.pass(60_000);
    expect(await replica.standing()).toBe('VOIDED 0/0');
    goOn();
    expect(told(await world.ended(answer))).toBe('store_outcome_unknown');
    expect(told(await replica.capture())).toBe('payment_not_capturable');
  });
});
