import { expect, test } from 'vitest';
import { createBudget, type Spending } from './budget.ts';

const spending = (orderId: string, amountMinor: number, changes: Partial<Spending> = {}): Spending => ({
  orderId,
  amountMinor,
  currency: 'USD',
  attempt: 'charge 1',
  ...changes,
});

const limited = () => createBudget(new Map([['USD', 100]]));

test('without a limit everything fits', () => {
  const budget = createBudget(null);
  expect(budget.isLimited).toBe(false);
  expect(budget.begin(spending('a', Number.MAX_SAFE_INTEGER))).toBeNull();
});

test('what fits exactly fits, and not a unit more', () => {
  const budget = limited();
  expect(budget.begin(spending('a', 60))).toBeNull();
  expect(budget.begin(spending('b', 40))).toBeNull();
  expect(budget.begin(spending('c', 1))).toMatch(/100 minor units of USD in all, and 0 are left/);
});

test('another currency has no limit, so it is refused', () => {
  expect(limited().begin(spending('a', 1, { currency: 'EUR' }))).toMatch(/only in USD, and not in EUR/);
});

test('an order counts once, with the largest of its amounts', () => {
  const budget = limited();
  expect(budget.begin(spending('a', 60))).toBeNull();
  budget.done(spending('a', 60), 'perhaps');
  expect(budget.begin(spending('a', 60))).toBeNull();
  expect(budget.begin(spending('a', 50, { attempt: 'capture 1' }))).toBeNull();
  expect(budget.begin(spending('b', 41))).not.toBeNull();
  expect(budget.begin(spending('b', 40))).toBeNull();
});

test('what is proved to have taken nothing is free again', () => {
  const budget = limited();
  budget.begin(spending('a', 100));
  budget.done(spending('a', 100), 'nothing');
  expect(budget.begin(spending('b', 100))).toBeNull();
});

test('what may have been charged counts, until a later call of the same try proves that it was not', () => {
  const budget = limited();
  budget.begin(spending('a', 100));
  budget.done(spending('a', 100), 'perhaps');
  budget.begin(spending('a', 100));
  budget.done(spending('a', 100), 'nothing_sent');
  expect(budget.begin(spending('b', 1))).not.toBeNull();
  budget.begin(spending('a', 100));
  budget.done(spending('a', 100), 'nothing');
  expect(budget.begin(spending('b', 1))).toBeNull();
});

test('a refused call gives nothing back while another one of the same try is under way', () => {
  const budget = limited();
  budget.begin(spending('a', 100));
  budget.begin(spending('a', 100));
  budget.done(spending('a', 100), 'nothing_sent');
  expect(budget.begin(spending('b', 1))).not.toBeNull();
  budget.done(spending('a', 100), 'nothing_sent');
  expect(budget.begin(spending('b', 1))).toBeNull();
});
