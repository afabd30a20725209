import { expect, test } from 'vitest';
import { claimsOfNewOrders, judgeBooks, judgeStatuses } from './books.ts';

const before = { charges: 10, live: 10, duplicates: 0 };
const judge = (live: number, paid: number, uncertain = 0, duplicates = 0) =>
  judgeBooks({ before, after: { charges: 10 + live, live: 10 + live, duplicates }, paid, uncertain });

test('a live charge for each paid order is true', () => {
  expect(judge(5, 5)).toEqual([]);
});

test('an order that was reported paid but not charged is found', () => {
  expect(judge(4, 5, 3)).toEqual(['1 order was reported paid but not charged']);
});

test('an extra charge is allowed only for an order whose answer was not certain', () => {
  expect(judge(7, 5, 2)).toEqual([]);
  expect(judge(8, 5, 2)).toEqual(['1 charge belongs to no paid order']);
});

test('orders charged more than once are found, and their second charges are not reported again', () => {
  expect(judge(7, 5, 0, 2)).toEqual(['2 orders were charged more than once']);
});

test('for new orders, every answer except 200 and 201 is uncertain', () => {
  expect(claimsOfNewOrders({ 0: 1, 200: 2, 201: 3, 202: 4, 502: 5 })).toEqual({ paid: 5, uncertain: 10 });
});

test('if nothing fails, only broken connections, 200, 201, 202 and 503 can be true', () => {
  expect(judgeStatuses({ 0: 1, 200: 1, 201: 1, 202: 1, 503: 1 })).toEqual([]);
  expect(judgeStatuses({ 201: 9, 402: 1, 502: 2 })).toEqual([
    '1 answer has the wrong status 402',
    '2 answers have the wrong status 502',
  ]);
});
