/** Steps about refunds in a random story for two stores: few names, so that they meet in many ways. */
import type {
  FollowUpAdvance,
  FollowUpRecord,
  Intent,
  PaymentRecord,
  Store,
} from '../../../src/ports/store.ts';
import {
  ACCOUNTS,
  about,
  drawAdvance,
  eraseExpiredAnswers,
  freshId,
  keyOf,
  ORDERS,
  passTime,
  paymentOf,
  pick,
  type Random,
  rarely,
  type Step,
  startOf,
  unknownId,
} from '../draws.ts';

export const NAMES = ['x', 'y'];

function openFollowUp(random: Random): Step {
  const [name, key] = [pick(random, NAMES), rarely(random, 3) ? null : keyOf(random)];
  const amountMinor = rarely(random, 20) ? 0 : 20 + random(50);
  const changes = {
    ...{ kind: 'refund' as const, currency: 'USD', metadata: {}, amountMinor, key },
    gateway: rarely(random, 4) ? 'h' : 'g',
    gatewayKey: freshId(random),
    claimId: freshId(random),
    verifyFirst: rarely(random, 3),
    start: startOf(random),
  };
  const terms = {
    ...{ id: freshId(random), name, chargeRef: 'ch', askedMinor: amountMinor, reason: null },
    keyHash: key?.hash ?? null,
  };
  const [stranger, unseen, astray] = [15, 10, 15].map((times) => rarely(random, times));
  return about('openFollowUp', random, async (store, record) => {
    const payment = paymentOf(record, astray === true);
    const [sums] = await store.sums(payment.accountId, [payment.paymentId]);
    return store.openFollowUp({
      ...changes,
      payment,
      terms,
      installationId: stranger === true ? unknownId : await store.installationId(),
      expected: { absences: (sums?.absences ?? 0) + (unseen === true ? 1 : 0) },
    });
  });
}

/** A step about one of the order's refunds; about none it does nothing. */
function aboutOne(
  kind: 'bindFollowUpKey' | 'advanceFollowUp' | 'addFollowUpEvidence',
  random: Random,
  act: (store: Store, payment: PaymentRecord, followUp: FollowUpRecord) => Promise<unknown>,
): Step {
  const name = pick(random, NAMES);
  return about(kind, random, async (store, record) => {
    const { accountId } = record.order;
    const followUp = await store.followUp({ accountId, paymentId: record.paymentId, kind: 'refund', name });
    return followUp === null ? 'nothing' : act(store, record, followUp);
  });
}

function bindFollowUpKey(random: Random): Step {
  const [key, astray] = [keyOf(random), rarely(random, 10)];
  return aboutOne('bindFollowUpKey', random, (store, record, { followUp }) =>
    store.bindFollowUpKey({ payment: paymentOf(record, astray), id: followUp.id, key }),
  );
}

/** The sums change by anything that keeps them positive, and rarely by more: the tables refuse that. */
function advanceFollowUp(random: Random): Step {
  const write = drawAdvance(random);
  const settledMinor = pick(random, [null, null, 35]);
  const [back, more, absences] = [random(3), random(3), pick(random, [0, 0, 1, -1])];
  const [learns, theirs, exact, stale] = [
    rarely(random, 3),
    random(60),
    rarely(random, 2),
    rarely(random, 3),
  ];
  return aboutOne('advanceFollowUp', random, async (store, record, followUp) => {
    const { amountMinor } = followUp.order;
    const [now] = await store.sums(record.order.accountId, [record.paymentId]);
    const asked = {
      refundingMinor: now?.refundingMinor ?? 0,
      refundedMinor: (now?.refundedMinor ?? 0) + Number(stale),
      absences: now?.absences ?? 0,
    };
    const elsewhere = learns ? { amountMinor: theirs, asked, exact } : null;
    const sums: FollowUpAdvance['sums'] = {
      refundingMinor: back === 0 ? -amountMinor : 0,
      refundedMinor: more === 0 ? amountMinor : 0,
      absences,
    };
    return store.advanceFollowUp({
      ...write(followUp),
      id: followUp.followUp.id,
      settledMinor,
      sums,
      elsewhere,
    });
  });
}

function addFollowUpEvidence(random: Random): Step {
  const [astray, ofMoney] = [rarely(random, 6), rarely(random, 2)];
  const outcome = ofMoney
    ? ({ kind: 'approved', ref: `re_${random(3)}` } as const)
    : ({ kind: 'unknown', answered: false, reason: 'reset' } as const);
  return aboutOne('addFollowUpEvidence', random, (store, record, { followUp }) =>
    store.addFollowUpEvidence({ payment: paymentOf(record, astray), id: followUp.id, outcome }),
  );
}

export function drawRefundStep(random: Random): Step {
  const draw = random(20);
  if (draw < 6) return openFollowUp(random);
  if (draw < 7) return bindFollowUpKey(random);
  if (draw < 14) return advanceFollowUp(random);
  if (draw < 17) return addFollowUpEvidence(random);
  if (draw < 18) return eraseExpiredAnswers(random);
  return passTime(random);
}

/** What the story begins with: every order was paid. */
export function paidOrders(random: Random): readonly Step[] {
  return ACCOUNTS.flatMap((accountId) => ORDERS.map((orderId) => paid(random, accountId, orderId)));
}

function paid(random: Random, accountId: string, orderId: string): Step {
  const intent: Intent = {
    order: { accountId, orderId, amountMinor: 100 + random(3), currency: 'USD', metadata: {} },
    paymentId: freshId(random),
    ...{ livemode: true, gateway: 'g', installationId: null, chargeKey: freshId(random), key: null },
    ...{ claimId: freshId(random), giveUpAfterS: null, start: { kind: 'claimed', leaseMs: 1000 } },
  };
  async function act(store: Store): Promise<unknown> {
    await store.accept(intent);
    const { payment } = await store.situation({ accountId, orderId, keyHash: null });
    if (payment === null) return 'nothing';
    const { seq, fence, claimId, updatedAtMs } = payment;
    return store.advance({
      payment: paymentOf(payment, false),
      expected: { seq, fence, claimId, mustBeDue: false },
      operation: { ...payment.operation, status: 'COMPLETED', step: 'none', gatewayRef: 'ch' },
      event: { type: 'payment.completed', detail: null },
      lease: { kind: 'release', waitMs: null },
      settlement: { problem: null, body: 'paid', byAbsence: false },
      ...{ evidenceSeen: 0, updatedAtMs },
    });
  }
  return { kind: 'accept', of: null, act };
}
