/** What the steps of a random story are drawn from. */
import type { Advance, NextCharge, PaymentRecord, Store } from '../../src/ports/store.ts';

/** A whole number from 0 to below `choices`. */
export type Random = (choices: number) => number;

/** A use of the store whose verdict is compared. */
type Method = Exclude<keyof Store, 'situation'>;

export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: Method;
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

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

/** True once in so many times. */
export function rarely(random: Random, times: number): boolean {
  return random(times) === 0;
}

export const unknownId = uuid(0xffffff);

/** Twelve hexadecimal digits, never the same in one story. */
export function freshId(random: Random): string {
  return `${uuid(random(2 ** 24) + 100).slice(0, 24)}${[1, 2, 3].map(() => random(0x10000).toString(16).padStart(4, '0')).join('')}`;
}

export const keyOf = (random: Random) => ({ hash: pick(random, HASHES), fingerprint: `f${random(3)}` });

/** Half hours only, so that two times are equal, or apart by more than a machine's slowness. */
const wait = (random: Random): number => random(4) * (HOUR_MS / 2);

export function startOf(random: Random): NextCharge['start'] {
  return rarely(random, 2)
    ? { kind: 'claimed', leaseMs: wait(random) }
    : { kind: 'waiting', waitMs: wait(random) };
}

export function paymentOf(record: PaymentRecord, astray: boolean) {
  const { accountId, orderId } = record.order;
  return { accountId, orderId, paymentId: astray ? unknownId : record.paymentId };
}

const place = (random: Random): number => random(ACCOUNTS.length * ORDERS.length);

/** A step about an order that is there; about none it does nothing. */
export function about(
  kind: Method,
  random: Random,
  act: (store: Store, record: PaymentRecord) => Promise<unknown>,
): Step {
  return {
    kind,
    of: place(random),
    act: async (store, record) => (record === null ? 'nothing' : act(store, record)),
  };
}

function changedOperation(random: Random): Partial<Advance['operation']> {
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

/** A write of the record as it is, in which one thing or another may be wrong. */
export function drawAdvance(random: Random): (record: PaymentRecord) => Advance {
  const changed = changedOperation(random);
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
  return (record) => ({
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
  });
}

export function eraseExpiredAnswers(random: Random): Step {
  const limit = 1 + random(3);
  return { kind: 'eraseExpiredAnswers', of: null, act: (store) => store.eraseExpiredAnswers(limit) };
}

export function passTime(random: Random): Step {
  return { kind: 'wait', ms: (1 + random(3)) * (HOUR_MS / 2) };
}
