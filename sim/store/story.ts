/** Steps of a random story for two stores: few orders and keys, so that they meet in many ways. */
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

export function drawStep(random: Random): Step {
  const draw = random(20);
  if (draw < 4) return accept(random);
  if (draw < 6) return bindKey(random);
  if (draw < 9) return openNextCharge(random);
  if (draw < 15) return advance(random);
  if (draw < 17) return addEvidence(random);
  if (draw < 18) return eraseExpiredAnswers(random);
  return passTime(random);
}
