import { expect, test } from 'vitest';
import { endAsk, ending, toldEnding } from './capture-fixture.ts';
import type { State } from './case.ts';
import { charge, event, exchange, payment, told } from './fixture.ts';
import { refund, refundAsk, toldRefund } from './refund-fixture.ts';
import { judgeReplays, judgeUnchanged } from './replays.ts';

const kinds = (changes: Parameters<typeof exchange>[2]): string[] =>
  judgeReplays([exchange('good', 9, changes)]).map(({ kind }) => kind);

test('a replay with an answer, or with a REVIEW, is right', () => {
  expect(kinds({ scenario: 'final replay', text: told(payment('good')) })).toEqual([]);
  const text = told(payment('good', { status: 'REVIEW' }));
  expect(kinds({ scenario: 'final replay', status: 202, text })).toEqual([]);
});

test('a replay without an answer is wrong', () => {
  const text = told(payment('good', { status: 'UNRESOLVED' }));
  expect(kinds({ scenario: 'final replay', status: 202, text })).toEqual(['unsettled']);
  expect(kinds({ scenario: 'final replay', status: null })).toEqual(['unsettled']);
});

test('a replay of a refund has an answer if the refund has ended', () => {
  const replay = (status: string): string[] =>
    judgeReplays([
      refundAsk('r-1', 9, { scenario: 'final replay', text: toldRefund(refund('r-1', { status })) }),
    ]).map(({ kind }) => kind);
  expect(replay('SUCCEEDED')).toEqual([]);
  expect(replay('PENDING')).toEqual(['unsettled']);
});

test('a replay of a capture has an answer if the capture has ended', () => {
  const replay = (status: string, doubts: ReadonlySet<string> = new Set()): string[] => {
    const text = toldEnding(ending('good', 'capture', 1, { status }));
    const how = { scenario: 'final replay', status: status === 'PENDING' ? 202 : 200, text };
    return judgeReplays([endAsk('good', 'capture', 9, how)], doubts).map(({ kind }) => kind);
  };
  expect(replay('SUCCEEDED')).toEqual([]);
  expect(replay('PENDING')).toEqual(['unsettled']);
  expect(replay('PENDING', new Set(['id-good capture']))).toEqual([]);
});

test('anything but 422 for another body is wrong', () => {
  expect(kinds({ scenario: 'final change', status: 422 })).toEqual([]);
  expect(kinds({ scenario: 'final change', status: 201 })).toEqual(['changed_answer']);
  expect(kinds({ scenario: 'final change', status: 409 })).toEqual(['changed_answer']);
});

test('replays that changed the ledger, a payment, its events or its refunds are found', () => {
  const state: State = {
    payments: [payment('good')],
    events: new Map([['id-good', [event(1, 'payment.created', 'PROCESSING')]]]),
    ledger: [charge('good', 1)],
    refunds: new Map([['id-good', [refund('r-1')]]]),
    refundEvents: new Map(),
    endings: new Map([['id-good', []]]),
  };
  expect(judgeUnchanged(state, state)).toEqual([]);
  expect(judgeUnchanged(state, { ...state, ledger: [] })).toHaveLength(1);
  expect(judgeUnchanged(state, { ...state, payments: [] })).toHaveLength(1);
  expect(judgeUnchanged({ ...state, events: new Map() }, state)).toHaveLength(1);
  expect(judgeUnchanged({ ...state, refunds: new Map() }, state)).toHaveLength(1);
  expect(judgeUnchanged({ ...state, endings: new Map() }, state)).toHaveLength(1);
});

test('what was not settled before goes on by itself meanwhile', () => {
  const payments = [payment('good', { status: 'UNRESOLVED' })];
  const before: State = {
    payments,
    events: new Map(),
    ledger: [],
    refunds: new Map(),
    refundEvents: new Map(),
    endings: new Map(),
  };
  const after: State = {
    payments: [payment('good')],
    events: new Map([['id-good', [event(1, 'payment.completed', 'COMPLETED')]]]),
    ledger: [],
    refunds: new Map(),
    refundEvents: new Map(),
    endings: new Map(),
  };
  expect(judgeUnchanged(before, after)).toEqual([]);
});
