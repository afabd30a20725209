/** One of every write that a store knows, each with what it leaves behind: the material of the endings' tests. */
import { expect } from 'vitest';
import type { Order } from '../../../src/domain/payment.ts';
import type { Advance, Intent, PaymentRecord, Store } from '../../../src/ports/store.ts';
import { type Environment, RETENTION_MS } from './environment.ts';
import {
  accepted,
  complete,
  done,
  fail,
  intent,
  key,
  newClaim,
  nextCharge,
  order,
  paymentKey,
  release,
  take,
} from './fixtures.ts';

/** A write that may be made now. */
export interface Write {
  /** Makes it; the same write every time. */
  readonly call: (store: Store) => Promise<unknown>;
  /** What shows that it was applied. */
  readonly applied: unknown;
  /** What shows that it had been applied before; if it applies again, it says so. */
  readonly again: unknown;
  /** What the order and the key look like once it was applied, as far as the write is seen there. */
  readonly seen: unknown;
  /** The same after it was called again; the same as `seen` unless said. */
  readonly seenAgain?: unknown;
}

export interface Kind {
  readonly name: string;
  /**
   * Whether a store repeats it by itself when the database asks for that. Where it does not, it says that nothing
   * was written.
   */
  readonly repeated: boolean;
  /** What shows its effect, if not what the store says about the order and the key. */
  readonly look?: (store: Store) => Promise<unknown>;
  /** Brings order `ORDER` to the state in which the write may be made, over a handle without faults. */
  prepare(env: Environment): Promise<Write>;
}

export const ORDER: Order = order('the order');
export const KEY = key('the key', 'the fingerprint');

const ACCEPTED = { kind: 'accepted', nowMs: expect.any(Number) };
const DONE = { kind: 'done', nowMs: expect.any(Number), evidence: 0 };

function acceptance(changes: Partial<Omit<Intent, 'order'>>): Write {
  const wanted = intent(ORDER, { key: KEY, ...changes });
  const calling = wanted.start.kind === 'claimed';
  return {
    call: (store) => store.accept(wanted),
    applied: ACCEPTED,
    again: { kind: 'exists' },
    seen: {
      payment: {
        paymentId: wanted.paymentId,
        claimId: wanted.claimId,
        seq: 1,
        held: calling,
        operation: { n: 1, attempts: calling ? 1 : 0 },
      },
      bound: wanted.key && { fingerprint: 'the fingerprint', chargeN: 1, started: true },
      events: [{ seq: 1, type: 'payment.created' }],
    },
  };
}

/** `seen`: of the payment. */
function advancing(write: Advance, seen: object): Write {
  const seq = write.expected.seq + 1;
  const { type, detail } = write.event;
  return {
    call: (store) => store.advance(write),
    applied: DONE,
    again: { kind: 'lost', record: expect.objectContaining({ seq }) },
    seen: {
      payment: { seq, ...seen },
      // The last one, and none of them twice.
      events: [...Array.from({ length: seq - 1 }, () => ({})), { seq, type, detail }],
    },
  };
}

async function held({ store }: Environment): Promise<PaymentRecord> {
  return accepted(store, intent(ORDER, { key: KEY }));
}

async function free(env: Environment): Promise<PaymentRecord> {
  return done(env.store, release(await held(env), 0));
}

async function failed(env: Environment): Promise<PaymentRecord> {
  return done(env.store, fail(await accepted(env.store, intent(ORDER))));
}

export const WRITES: readonly Kind[] = [
  { name: 'accept, claimed', repeated: true, prepare: async () => acceptance({}) },
  {
    name: 'accept, waiting and without a key',
    repeated: true,
    prepare: async () => acceptance({ key: null, start: { kind: 'waiting', waitMs: 60_000 } }),
  },
  {
    name: 'bindKey',
    repeated: true,
    async prepare({ store }) {
      const payment = paymentKey(await accepted(store, intent(ORDER)));
      return {
        call: (by) => by.bindKey({ payment, chargeN: 1, key: KEY }),
        applied: 'bound',
        again: 'lost',
        seen: {
          payment: { seq: 1 },
          bound: { fingerprint: 'the fingerprint', chargeN: 1, started: false },
          events: [{}],
        },
      };
    },
  },
  {
    name: 'openNextCharge',
    repeated: false,
    async prepare(env) {
      const opening = nextCharge(await failed(env), { key: KEY });
      return {
        call: (by) => by.openNextCharge(opening),
        applied: { kind: 'opened', nowMs: expect.any(Number) },
        again: { kind: 'lost' },
        seen: {
          payment: {
            seq: 3,
            fence: 2,
            claimId: opening.claimId,
            held: true,
            operation: { n: 2, attempts: 1 },
          },
          bound: { fingerprint: 'the fingerprint', chargeN: 2, started: true },
          events: [{}, {}, { seq: 3, type: 'charge.opened' }],
        },
      };
    },
  },
  {
    name: 'advance that takes the lease',
    repeated: true,
    async prepare(env) {
      const claimId = newClaim();
      const record = await free(env);
      return advancing(take(record, claimId), { claimId, fence: record.fence + 1, held: true });
    },
  },
  {
    name: 'advance that gives the lease back',
    repeated: true,
    async prepare(env) {
      const record = await held(env);
      const { claimId, fence } = record;
      return advancing(release(record, 60_000, { operation: { attempts: 2 } }), {
        claimId,
        fence,
        held: false,
        operation: { attempts: 2 },
      });
    },
  },
  {
    name: 'advance that settles',
    repeated: true,
    async prepare(env) {
      const record = await held(env);
      const { claimId, fence } = record;
      return advancing(complete(record, 'the answer'), {
        claimId,
        fence,
        held: false,
        dueAtMs: null,
        operation: { status: 'COMPLETED' },
        answer: { body: 'the answer' },
      });
    },
  },
  {
    name: 'addEvidence',
    repeated: false,
    async prepare(env) {
      const record = await held(env);
      const outcome = { kind: 'approved', ref: 'ch_late' } as const;
      const about = (evidence: number) => ({ payment: { seq: 1, held: true, evidence }, events: [{}] });
      return {
        call: (by) => by.addEvidence({ payment: paymentKey(record), chargeN: 1, outcome }),
        applied: 'kept',
        // Kept twice rather than not at all: nothing distinguishes one piece from another.
        again: 'kept',
        seen: about(1),
        seenAgain: about(2),
      };
    },
  },
  {
    name: 'eraseExpiredAnswers',
    repeated: false,
    async prepare(env) {
      await done(env.store, complete(await held(env)));
      await env.advanceClock(RETENTION_MS + 1);
      return {
        call: (by) => by.eraseExpiredAnswers(10),
        applied: 1,
        again: 0,
        seen: { payment: { seq: 2, answer: null }, bound: { answer: null, expired: true }, events: [{}, {}] },
      };
    },
  },
];
