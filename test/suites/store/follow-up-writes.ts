/** One of every write of follow-ups, each with what it leaves behind: the material of the endings' tests, as `writes.ts` has it. */
import { expect } from 'vitest';
import type { FollowUpAdvance, FollowUpRecord, Store } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import { intent, newClaim, paymentKey, recordOf } from './fixtures.ts';
import {
  claim,
  completed,
  everythingOfFollowUps,
  failed,
  giveBack,
  opened,
  refund,
  succeed,
  written,
} from './follow-up-fixtures.ts';
import { KEY, type Kind, ORDER, type Write } from './writes.ts';

const DONE = { kind: 'done', nowMs: expect.any(Number), evidence: 0 };

async function look(store: Store): Promise<unknown> {
  return everythingOfFollowUps(store, await recordOf(store, ORDER), KEY.hash);
}

async function held({ store }: Environment): Promise<FollowUpRecord> {
  return opened(store, await refund(store, await completed(store, intent(ORDER))));
}

function advancing(made: FollowUpAdvance, seen: object, sums: object = {}): Write {
  const seq = made.expected.seq + 1;
  const { type, detail } = made.event;
  return {
    call: (store) => store.advanceFollowUp(made),
    applied: DONE,
    again: { kind: 'lost', record: expect.objectContaining({ seq }) },
    seen: {
      followUps: [{ seq, ...seen }],
      // The last one, and none of them twice.
      events: [[...Array.from({ length: seq - 1 }, () => ({})), { seq, type, detail }]],
      sums: { refundingMinor: 70, refundedMinor: 0, absences: 0, ...sums },
    },
  };
}

export const FOLLOW_UP_WRITES: readonly Kind[] = [
  {
    name: 'openFollowUp',
    repeated: false,
    look,
    async prepare({ store }) {
      const wanted = await refund(store, await completed(store, intent(ORDER)), 'r-1', { key: KEY });
      const { fingerprint } = KEY;
      return {
        call: (by) => by.openFollowUp(wanted),
        applied: { kind: 'opened', nowMs: expect.any(Number) },
        again: { kind: 'lost' },
        seen: {
          followUps: [{ seq: 1, claimId: wanted.claimId, held: true, followUp: wanted.terms }],
          bound: { fingerprint, started: true },
          events: [[{ seq: 1, type: 'refund.created' }]],
          sums: { refundingMinor: 70 },
        },
      };
    },
  },
  {
    name: 'bindFollowUpKey',
    repeated: false,
    look,
    async prepare(env) {
      const record = await held(env);
      const binding = { payment: paymentKey(record), id: record.followUp.id, key: KEY };
      return {
        call: (by) => by.bindFollowUpKey(binding),
        applied: 'bound',
        again: 'lost',
        seen: { bound: { fingerprint: KEY.fingerprint, started: false }, events: [[{}]] },
      };
    },
  },
  {
    name: 'advanceFollowUp that takes the lease',
    repeated: false,
    look,
    async prepare(env) {
      const claimId = newClaim();
      const record = await written(env.store, giveBack(await held(env), 0));
      return advancing(claim(record, claimId), { claimId, fence: record.fence + 1, held: true });
    },
  },
  {
    name: 'advanceFollowUp that succeeds',
    repeated: false,
    look,
    async prepare(env) {
      const seen = { held: false, operation: { status: 'COMPLETED' }, answer: { body: 'the answer' } };
      const sums = { refundingMinor: 0, refundedMinor: 70 };
      return advancing(succeed(await held(env), { body: 'the answer' }), seen, sums);
    },
  },
  {
    name: 'advanceFollowUp that fails',
    repeated: false,
    look,
    async prepare(env) {
      const seen = { operation: { status: 'FAILED' }, problem: 'gateway_failed' };
      return advancing(failed(await held(env), { byAbsence: true }), seen, {
        refundingMinor: 0,
        absences: 1,
      });
    },
  },
  {
    name: 'addFollowUpEvidence',
    repeated: false,
    look,
    async prepare(env) {
      const record = await held(env);
      const evidence = {
        payment: paymentKey(record),
        id: record.followUp.id,
        outcome: { kind: 'approved', ref: 're_late' },
      } as const;
      const about = (count: number) => ({
        followUps: [{ seq: 1, held: true, evidence: count }],
        news: [{ moneyRef: 're_late' }],
        events: [[{}]],
      });
      return {
        call: (by) => by.addFollowUpEvidence(evidence),
        applied: 'kept',
        // Kept twice rather than not at all: nothing distinguishes one piece from another.
        again: 'kept',
        seen: about(1),
        seenAgain: about(2),
      };
    },
  },
];
