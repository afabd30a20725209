import { expect, test } from 'vitest';
import { expressionFor, fillStatement, isScattered, type Table } from './columns.ts';

const column = (name: string, type: string, namesPayment = false) => ({ name, type, namesPayment });

const table: Table = {
  name: 'payments',
  key: ['account_id', 'order_id'],
  columns: [
    column('order_id', 'text'),
    column('payment_id', 'uuid'),
    column('account_id', 'text'),
    column('claim_id', 'uuid'),
    column('due_at', 'timestamp with time zone'),
    column('answer', 'text', true),
  ],
};
const written = (name: string): string => {
  const found = table.columns.find((each) => each.name === name);
  return found === undefined ? '' : expressionFor(found, table.name, 1000);
};

test('what is the same for every payment is copied', () => {
  expect(written('account_id')).toBe('t."account_id"');
});

test('ids, orders, keys and times are new, if the template has one', () => {
  for (const name of ['order_id', 'payment_id', 'claim_id', 'due_at', 'answer']) {
    expect(written(name)).toMatch(
      new RegExp(`^CASE WHEN t\\."${name}" IS NOT NULL THEN .*g\\.nth.* END$`, 's'),
    );
  }
});

test('text that names the payment names the new one, and its order', () => {
  expect(written('answer')).toContain('s.payment_id');
  expect(written('answer')).toContain('s.order_id');
});

test('rows are inserted in the order of the primary key', () => {
  expect(fillStatement(table, { rows: 1000, slots: 10 })).toMatch(/ORDER BY 3, 1$/);
});

test('a key with an id that is not the payment’s is scattered', () => {
  expect(isScattered(table)).toBe(false);
  expect(isScattered({ ...table, key: ['account_id', 'payment_id'] })).toBe(false);
  expect(isScattered({ ...table, key: ['account_id', 'claim_id'] })).toBe(true);
});
