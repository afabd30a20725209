import { expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { StoreError } from '../ports/store.ts';
import { createLog, describeError } from './log.ts';

function databaseError(code: string, message: string): Error {
  return Object.assign(new Error(message), {
    code,
    severity: 'ERROR',
    detail: 'Failing row contains (secret note).',
  });
}

it('an error in the log shows its type, code, message and frames, and no other field', () => {
  const described = JSON.stringify(describeError(databaseError('23514', 'violates check constraint "c"'), 3));
  expect(described).toContain('23514');
  expect(described).toContain('violates check constraint');
  expect(described).not.toContain('secret note');
});

it('a value that the database refused is not quoted, not even by the error around it', () => {
  const cause = databaseError('22P02', 'invalid input syntax for type uuid: "secret note"');
  const error = new StoreError('unavailable', `The database refused the statement: ${cause.message}`, {
    cause,
  });
  expect(JSON.stringify(describeError(error, 3))).not.toContain('secret note');
});

it('a card number that a gateway’s client quotes is masked, in every cause', () => {
  const quoting = new Error('the gateway says: 4111 1111 1111 1111 is declined');
  const described = JSON.stringify(
    describeError(new Error('declined: 4111111111111111', { cause: quoting }), 3),
  );
  expect(described).not.toMatch(/4111/);
  expect(described).toContain('xxxx xxxx xxxx xxxx is declined');
});

it('a thrown value that is no error is shown by its type only', () => {
  expect(describeError('secret note', 3)).toEqual({ type: 'string' });
});

it.each([
  [undefined, {}],
  [3, { worker: 3 }],
])('each line names its worker where there are several: %s', (worker, fields) => {
  const log = createLog(readConfig({}), worker) as unknown as { bindings(): object };
  expect(log.bindings()).toEqual(fields);
});
