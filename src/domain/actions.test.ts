import { describe, expect, it } from 'vitest';
import { actionsOf } from './actions.ts';

const ALL = { canLook: true, canCapture: true, canRefund: true };

describe('what may be asked for now', () => {
  it.each([
    ['COMPLETED', 'none', ['refund']],
    ['COMPLETED', 'lookup', ['refund', 'look_now']],
    ['AUTHORIZED', 'lookup', ['capture', 'void', 'look_now']],
    ['VOIDED', 'none', []],
    ['FAILED', 'none', []],
    ['PROCESSING', 'call', []],
    ['PROCESSING', 'lookup', ['look_now']],
    ['PROCESSING', 'verify', ['look_now']],
    ['UNRESOLVED', 'lookup', ['look_now']],
    ['REVIEW', 'lookup', ['look_now', 'resolve']],
    ['REVIEW', 'none', ['look_now', 'resolve']],
  ] as const)('%s with step %s', (status, step, actions) => {
    expect(actionsOf({ status, step }, ALL)).toEqual(actions);
  });

  it('is less if this process cannot do it', () => {
    const none = { canLook: false, canCapture: false, canRefund: false };
    expect(actionsOf({ status: 'COMPLETED', step: 'lookup' }, none)).toEqual([]);
    expect(actionsOf({ status: 'AUTHORIZED', step: 'lookup' }, none)).toEqual([]);
    expect(actionsOf({ status: 'REVIEW', step: 'lookup' }, none)).toEqual(['resolve']);
  });
});
