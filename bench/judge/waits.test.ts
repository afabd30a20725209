import { expect, test } from 'vitest';
import { waitsIn } from './waits.ts';

const at = (ms: number): string => new Date(ms).toISOString();

test('the waits are those before each further call or lookup, and no others', () => {
  expect(
    waitsIn([
      { type: 'payment.created', at: at(0) },
      { type: 'call.unknown', at: at(100) },
      { type: 'call.started', at: at(130) },
      { type: 'call.unknown', at: at(230) },
      { type: 'lookup.started', at: at(235) },
      { type: 'payment.completed', at: at(300) },
    ]),
  ).toBe(35);
});

test('a payment whose first call succeeded has waited for nothing', () => {
  expect(
    waitsIn([
      { type: 'payment.created', at: at(0) },
      { type: 'payment.completed', at: at(100) },
    ]),
  ).toBe(0);
});
