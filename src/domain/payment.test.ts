import { expect, it } from 'vitest';
import { STATUS_MOVES } from './operation.ts';
import { PAYMENT_STATUSES } from './payment.ts';

it('every status has its list of moves, and nothing else has one', () => {
  expect([...PAYMENT_STATUSES].sort()).toEqual(Object.keys(STATUS_MOVES).sort());
});
