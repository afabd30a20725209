/** Steps of a random story for two stores: few orders and keys, so that they meet in many ways. */
import type { ChargeOf, PaymentRecord } from '../../src/ports/store.ts';
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
} from './draws.ts';

function accept(random: Random): Step {
  const intent = {
    order: {
      accountId: pick(random, ACCOUNTS),
      orderId: pick(random, ORDERS),
      amountMinor: rarely(random, 20) ? 0 : 100 + random(3),
      currency: 'USD',
      ...(rarely(random, 2) ? { method: 'tok' } : {}),
      metadata: rarely(random, 2) ? { note: 'x' } : {},
    },
    paymentId: freshId(random),
    livemode: !rarely(random, 20),
    gateway: rarely(random, 4) ? 'h' : 'g',
    installationId: null,
    chargeKey: freshId(random),
    key: rarely(random, 3) ? null : keyOf(random),
    claimId: freshId(random),
    giveUpAfterS: rarely(random, 2) ? 1 + random(100) : null,
    start: startOf(random),
  };
  return { kind: 'accept', of: null, act: (store) => store.accept(intent) };
}

function bindKey(random: Random): Step {
  const [key, astray, later] = [keyOf(random), rarely(random, 15), rarely(random, 10)];
  return about('bindKey', random, (store, record) =>
    store.bindKey({ payment: paymentOf(record, astray), chargeN: record.operation.n + (later ? 1 : 0), key }),
  );
}

function openNextCharge(random: Random): Step {
  const changes = {
    gateway: rarely(random, 4) ? 'h' : 'g',
    chargeKey: freshId(random),
    verifyFirst: rarely(random, 2),
    key: keyOf(random),
    claimId: freshId(random),
    giveUpAfterS: rarely(random, 2) ? 1 + random(100) : null,
    openedWallMs: random(1_000_000),
    start: startOf(random),
  };
  const [off, skip, astray, amountMinor] = [
    rarely(random, 10),
    rarely(random, 10),
    rarely(random, 15),
    200 + random(2),
  ];
  return about('openNextCharge', random, (store, record) =>
    store.openNextCharge({
      ...changes,
      paymentId: astray ? unknownId : record.paymentId,
      expected: { seq: record.seq + (off ? 1 : 0) },
      n: record.operation.n + (skip ? 2 : 1),
      order: { ...record.order, amountMinor },
    }),
  );
}

function advance(random: Random): Step {
  const write = drawAdvance(random);
  return about('advance', random, (store, record) => store.advance(write(record)));
}

function addEvidence(random: Random): Step {
  const astray = rarely(random, 6);
  const forgotten = rarely(random, 6);
  return about('addEvidence', random, (store, record) =>
    store.addEvidence({
      payment: paymentOf(record, astray),
      chargeN: record.operation.n + (forgotten ? 1 : 0),
      outcome: { kind: 'approved', ref: 'ch' },
    }),
  );
}

/** Of a charge that is there, or not yet. Rarely of none that could be, or with a number that could not: the tables refuse that. */
function ofCharge(random: Random): (record: PaymentRecord) => ChargeOf {
  const [next, none, astray] = [3, 15, 15].map((times) => rarely(random, times));
  return (record) => ({
    accountId: record.order.accountId,
    paymentId: astray === true ? unknownId : record.paymentId,
    n: none === true ? 0 : record.operation.n + (next === true ? 1 : 0),
  });
}

function writeHandle(random: Random): Step {
  const chargeOf = ofCharge(random);
  const handle = pick(random, ['pi_1', 'pi_2']);
  const prepares = rarely(random, 12) ? -1 : random(4);
  const action = rarely(random, 3) ? null : { type: 'redirect', url: `https://bank/${random(3)}` };
  const draw = random(3);
  if (draw === 0)
    return about('keepHandle', random, (store, record) => store.keepHandle(chargeOf(record), handle));
  if (draw === 1)
    return about('raisePrepares', random, (store, record) => store.raisePrepares(chargeOf(record), prepares));
  return about('keepAction', random, (store, record) => store.keepAction(chargeOf(record), action));
}

export function drawStep(random: Random): Step {
  const draw = random(24);
  if (draw < 4) return accept(random);
  if (draw < 6) return bindKey(random);
  if (draw < 9) return openNextCharge(random);
  if (draw < 15) return advance(random);
  if (draw < 17) return addEvidence(random);
  if (draw < 18) return eraseExpiredAnswers(random);
  if (draw < 22) return writeHandle(random);
  return passTime(random);
}
