import { expect, test } from 'vitest';
import type { State } from './case.ts';
import { charge, event, exchange, payment, told } from './fixture.ts';
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

test('anything but 422 for another body is wrong', () => {
  expect(kinds({ scenario: 'final change', status: 422 })).toEqual([]);
  expect(kinds({ scenario: 'final change', status: 201 })).toEqual(['changed_answer']);
  expect(kinds({ scenario: 'final change', status: 409 })).toEqual(['changed_answer']);
});

test('replays that changed the ledger, a payment or its events are found', () => {
  const state: State = {
    payments: [payment('good')],
    events: new Map([['id-good', [event(1, 'payment.created', 'PROCESSING')]]]),
    ledger: [charge('good', 1)],
  };
  expect(judgeUnchanged(state, state)).toEqual([]);
  expect(judgeUnchanged(state, { ...state, ledger: [] })).toHaveLength(1);
  expect(judgeUnchanged(state, { ...state, payments: [] })).toHaveLength(1);
  expect(judgeUnchanged({ ...state, events: new Map() }, state)).toHaveLength(1);
});

test('what was not settled before goes on by itself meanwhile', () => {
  const payments = [payment('good', { status: 'UNRESOLVED' })];
  const before: State = { payments, events: new Map(), ledger: [] };
  const after: State = {
    payments: [payment('good')],
    events: new Map([['id-good', [event(1, 'payment.completed', 'COMPLETED')]]]),
    ledger: [],
  };
  expect(judgeUnchanged(before, after)).toEqual([]);
});
