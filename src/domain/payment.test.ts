import { expect, it } from 'vitest';
import { STATUS_MOVES } from './charge.ts';
import { PAYMENT_STATUSES } from './payment.ts';

it('every status has its moves, and nothing else has any', () => {
  expect([...PAYMENT_STATUSES].sort()).toEqual(Object.keys(STATUS_MOVES).sort());
});
