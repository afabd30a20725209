/** What the judge calls silence about late money, and what it excuses. An excuse that is too wide hides a bug. */
import { expect, test } from 'vitest';
import type { ChargeBooks } from '../gateway/model.ts';
import type { Row } from '../store/database.ts';
import { createBook, type State } from './book.ts';
import { silentMoney } from './late-money.ts';
import type { Exchange } from './wire.ts';

const KEY = 'key-1';
const NOW_MS = 100_000;

const LOOKUP: Exchange = {
  kind: 'lookup',
  sender: 'p1',
  key: KEY,
  claimId: 'a',
  beganMs: 10_000,
  untilMs: 11_000,
  leftMs: null,
  heard: { kind: 'succeeded', ref: 'ch_1', amountMinor: 100, currency: 'USD' } as Exchange['heard'],
};

/** A commit after the lookup, by the worker that made it. */
const WRITTEN: Pick<State, 'atMs' | 'evidence'> & { row: { claimId: string; held: boolean } } = {
  atMs: 12_000,
  evidence: 0,
  row: { claimId: 'a', held: false },
};

interface Situation {
  readonly status?: 'FAILED' | 'COMPLETED';
  readonly lookup?: Partial<Exchange>;
  readonly written?: readonly unknown[];
  readonly charges?: readonly string[];
  readonly told?: readonly string[];
  readonly word?: boolean;
  readonly visibleAtMs?: number;
}

function judged({
  status = 'FAILED',
  lookup = {},
  written = [WRITTEN],
  charges = ['ch_1'],
  told = [],
  word = false,
  visibleAtMs = 0,
}: Situation): string | null {
  const book = createBook();
  book.wire.exchanges.set(KEY, [{ ...LOOKUP, ...lookup }]);
  book.states.set('acme/o1', written as State[]);
  if (word) book.words.add(KEY);
  const ledger = charges.map((id) => ({ id, key: KEY, status: 'succeeded', visibleAtMs }));
  const row = {
    payment: { order: { accountId: 'acme', orderId: 'o1' }, operation: { status } },
    operations: [{ gatewayKey: KEY }],
    events: told.map((type) => ({ type })),
  };
  return silentMoney(book, { ledger } as unknown as ChargeBooks, row as unknown as Row, NOW_MS);
}

test('a failure stands over money that a lookup has shown to whoever wrote it', () => {
  expect(judged({})).toBe('FAILED over ch_1');
});

test('so it does if the lookup was made under no claim, or its answer was kept as evidence', () => {
  expect(judged({ lookup: { claimId: null }, written: [] })).toBe('FAILED over ch_1');
  const evidence = { atMs: 12_000, evidence: 1, row: { claimId: 'b', held: true } };
  expect(judged({ written: [evidence] })).toBe('FAILED over ch_1');
});

test.each([
  ['nobody could write after it', { written: [] }],
  ['its worker wrote only before it', { written: [{ ...WRITTEN, atMs: 9_000 }] }],
  ['its worker still holds the claim', { written: [{ ...WRITTEN, row: { claimId: 'a', held: true } }] }],
  ['another worker wrote', { written: [{ ...WRITTEN, row: { claimId: 'b', held: false } }] }],
  ['the lookup showed nothing', { lookup: { heard: { kind: 'absent' } } }],
  ['the lookup had no answer', { lookup: { heard: null } }],
  ['it was a call, whose answer is judged elsewhere', { lookup: { kind: 'call' } }],
  ['the lookup began before the charge was visible', { visibleAtMs: 10_001 }],
  ['its worker may still be writing', { visibleAtMs: NOW_MS - 15_000, lookup: { beganMs: NOW_MS } }],
  ['a wrong word of a person stands', { word: true }],
] satisfies [string, Situation][])('nobody is blamed if %s', (_what, situation) => {
  expect(judged(situation)).toBeNull();
});

test('of two charges that were shown somebody must be told', () => {
  const two: Situation = { status: 'COMPLETED', charges: ['ch_1', 'ch_2'] };
  expect(judged(two)).toBe('COMPLETED, and nobody was told of ch_1, ch_2');
  expect(judged({ ...two, told: ['verify.duplicate_found'] })).toBeNull();
  expect(judged({ ...two, told: ['payment.review'] })).toBeNull();
  expect(judged({ ...two, charges: ['ch_1'] })).toBeNull();
});
