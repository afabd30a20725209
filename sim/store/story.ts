/** Steps of a random story for two stores: few orders and keys, so that they meet in many ways. */
import type { Advance, PaymentRecord, Store } from '../../src/ports/store.ts';

/** A whole number from 0 to below `choices`. */
export type Random = (choices: number) => number;

export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: Exclude<keyof Store, 'situation'>;
      /** The order whose record the act wants: by its place among all accounts' orders; null: it wants none. */
      readonly of: number | null;
      readonly act: (store: Store, record: PaymentRecord | null) => Promise<unknown>;
    };

export const HOUR_MS = 3_600_000;
export const ACCOUNTS = ['a', 'b'];
export const ORDERS = ['one', 'two', 'three'];
export const HASHES = Array.from({ length: 16 }, (_, n) => uuid(n + 1));

function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

/** True once in so many times. */
function rarely(random: Random, times: number): boolean {
  return random(times) === 0;
}

const unknownId = uuid(0xffffff);

/** Twelve hexadecimal digits, never the same in one story. */
function freshId(random: Random): string {
  return `${uuid(random(2 ** 24) + 100).slice(0, 24)}${[1, 2, 3].map(() => random(0x10000).toString(16).padStart(4, '0')).join('')}`;
}

const keyOf = (random: Random) => ({ hash: pick(random, HASHES), fingerprint: `f${random(3)}` });

/** Half hours only, so that two times are equal, or apart by more than a machine's slowness. */
const wait = (random: Random): number => random(4) * (HOUR_MS / 2);

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
    start: rarely(random, 2)
      ? ({ kind: 'claimed', leaseMs: wait(random) } as const)
      : ({ kind: 'waiting', waitMs: wait(random) } as const),
  };
  return { kind: 'accept', of: null, act: (store) => store.accept(intent) };
}

function paymentOf(record: PaymentRecord, astray: boolean) {
  const { accountId, orderId } = record.order;
  return { accountId, orderId, paymentId: astray ? unknownId : record.paymentId };
}

const place = (random: Random): number => random(ACCOUNTS.length * ORDERS.length);

/** A step about an order that is there; about none it does nothing. */
function about(
  kind: Exclude<keyof Store, 'situation'>,
  random: Random,
  act: (store: Store, record: PaymentRecord) => Promise<unknown>,
): Step {
  return {
    kind,
    of: place(random),
    act: async (store, record) => (record === null ? 'nothing' : act(store, record)),
  };
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
    start: rarely(random, 2)
      ? ({ kind: 'claimed', leaseMs: wait(random) } as const)
      : ({ kind: 'waiting', waitMs: wait(random) } as const),
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

function charge(random: Random): Partial<Advance['operation']> {
  const status = pick(random, [
    'PROCESSING',
    'COMPLETED',
    'FAILED',
    'FAILED',
    'UNRESOLVED',
    'REVIEW',
  ] as const);
  return {
    status,
    step: pick(random, ['call', 'lookup', 'verify', 'none'] as const),
    attempts: random(5),
    lookups: random(5),
    declineCode: rarely(random, 3) ? 'no' : null,
    failureCode: status === 'FAILED' ? 'gateway_error' : null,
    // Rarely missing where it must be there: the tables refuse that.
    gatewayRef: status === 'COMPLETED' && !rarely(random, 6) ? 'ch' : null,
    doubt: rarely(random, 2) ? { kind: 'none' } : { kind: 'open', untilMs: 1.7e12 },
  };
}

function leaseOf(random: Random): Advance['lease'] {
  if (rarely(random, 2)) {
    return { kind: 'take', claim: { claimId: freshId(random), leaseMs: wait(random) } };
  }
  const waitMs = rarely(random, 2) ? null : wait(random);
  if (rarely(random, 3)) return { kind: 'pass', claimId: freshId(random), waitMs };
  return { kind: 'release', waitMs };
}

function advance(random: Random): Step {
  const changed = charge(random);
  const settles = (changed.status === 'COMPLETED' || changed.status === 'FAILED') && !rarely(random, 4);
  const settlement =
    settles || rarely(random, 20)
      ? {
          problem: changed.status === 'COMPLETED' ? null : ('gateway_failed' as const),
          body: `body ${random(1000)}`,
          byAbsence: rarely(random, 2),
        }
      : null;
  const lease = leaseOf(random);
  const [offSeq, offFence, offClaim, astray] = [12, 12, 12, 15].map((times) => rarely(random, times));
  const mustBeDue = rarely(random, 3);
  const evidenceSeen = random(3);
  return about('advance', random, (store, record) =>
    store.advance({
      payment: paymentOf(record, astray === true),
      expected: {
        seq: record.seq + (offSeq === true ? 1 : 0),
        fence: record.fence - (offFence === true ? 1 : 0),
        claimId: offClaim === true ? unknownId : record.claimId,
        mustBeDue,
      },
      operation: { ...record.operation, ...changed },
      event: { type: 'call.unknown', detail: null },
      lease,
      settlement,
      evidenceSeen: Math.min(evidenceSeen, record.evidence),
      updatedAtMs: record.updatedAtMs,
    }),
  );
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

function eraseExpiredAnswers(random: Random): Step {
  const limit = 1 + random(3);
  return { kind: 'eraseExpiredAnswers', of: null, act: (store) => store.eraseExpiredAnswers(limit) };
}

export function drawStep(random: Random): Step {
  const draw = random(20);
  if (draw < 4) return accept(random);
  if (draw < 6) return bindKey(random);
  if (draw < 9) return openNextCharge(random);
  if (draw < 15) return advance(random);
  if (draw < 17) return addEvidence(random);
  if (draw < 18) return eraseExpiredAnswers(random);
  return { kind: 'wait', ms: (1 + random(3)) * (HOUR_MS / 2) };
}
