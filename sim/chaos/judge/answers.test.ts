import { describe, expect, test } from 'vitest';
import {
  at,
  body,
  caseOf,
  change,
  exchange,
  type Facts,
  found,
  honest,
  of,
  payment,
  read,
  told,
  toldFailed,
} from './fixture.ts';
import { judge } from './judge.ts';

describe('answers', () => {
  const isLast = ({
    orderId,
    askedMs,
    key,
  }: {
    orderId: string | null;
    askedMs: number;
    key: string | null;
  }): boolean => orderId === 'good' && askedMs === 4000 && key !== null;

  test('a changed answer under the same key', () => {
    const text = told(payment('good'), { attempts: 2 });
    expect(found(({ exchanges }) => change(exchanges, isLast, { text }))).toEqual([of('changed_answer')]);
  });

  test('a changed status under the same key', () => {
    expect(found(({ exchanges }) => change(exchanges, isLast, { status: 200 }))).toEqual([
      of('changed_answer'),
    ]);
  });

  test('not yet, after the answer was there', () => {
    const text = told(payment('good', { status: 'PROCESSING', updated_at: at(1) }));
    expect(found(({ exchanges }) => change(exchanges, isLast, { status: 202, text }))).toEqual([
      of('went_back'),
    ]);
  });

  test('another body taken under a bound key', () => {
    const plant = ({ exchanges }: Facts): void =>
      change(exchanges, ({ status }) => status === 422, {
        status: 201,
        text: told(payment('good', { amount: 501 })),
      });
    expect(found(plant)).toContain(of('changed_answer'));
  });

  test('charged, said of an order that failed', () => {
    const plant = ({ exchanges }: Facts): void =>
      change(exchanges, ({ orderId }) => orderId === 'poor', { status: 201, text: told(payment('poor')) });
    expect(found(plant)).toContain(of('false_answer', 'poor'));
  });

  test('failed, said of an order that was charged', () => {
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push(
        exchange('good', 7, {
          key: 'new',
          status: 502,
          text: toldFailed(payment('good', { status: 'FAILED' })),
        }),
      );
    expect(found(plant)).toContain(of('false_answer'));
  });

  test('a conflict with the same terms', () => {
    expect(
      found(({ exchanges }) => change(exchanges, ({ status }) => status === 409, { body: body('good') })),
    ).toEqual([of('false_answer')]);
  });

  test('a 422 for a key that was used for nothing else', () => {
    expect(
      found(({ exchanges }) => change(exchanges, ({ status }) => status === 422, { key: 'fresh' })),
    ).toEqual([of('false_answer')]);
  });

  test('an internal error', () => {
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push(exchange('good', 8, { status: 500, text: '{}' }));
    expect(found(plant)).toEqual([of('false_answer')]);
  });

  test('a payment that cannot be read', () => {
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push({ ...read(payment('good'), 8), status: 404 });
    expect(found(plant)).toContain(of('false_answer'));
  });
});

describe('what was seen', () => {
  test('COMPLETED going back', () => {
    const back = payment('good', { status: 'PROCESSING', updated_at: at(4) });
    expect(found(({ exchanges }) => exchanges.push(read(back, 8)))).toEqual([of('went_back')]);
  });

  test('an older state after a newer one', () => {
    const older = payment('poor', { status: 'FAILED', updated_at: at(2) });
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push(read(payment('poor', { status: 'FAILED' }), 3), read(older, 4));
    expect(found(plant)).toEqual([of('went_back', 'poor')]);
  });

  test('an answer that was kept when its charge failed, after the charge was looked up once more', () => {
    const kept = toldFailed(payment('poor', { status: 'FAILED', updated_at: at(2) }));
    const facts = honest();
    facts.exchanges.push(read(payment('poor', { status: 'FAILED', updated_at: at(3) }), 3.5));
    facts.exchanges.push(exchange('poor', 8, { key: null, status: 402, text: kept }));
    expect(judge(caseOf(facts)).filter(({ kind }) => kind === 'went_back')).toEqual([]);
  });

  test('an older state in a page of many', () => {
    const page = JSON.stringify({
      data: [payment('good', { status: 'UNRESOLVED', updated_at: at(2) })],
      next_cursor: null,
    });
    const plant = ({ exchanges }: Facts): void =>
      void exchanges.push({ ...read(payment('good'), 8), orderId: null, path: '/v1/payments', text: page });
    expect(found(plant)).toEqual([of('went_back')]);
  });

  test('of two requests that overlap, either may see the older state', () => {
    const facts = honest();
    const old = read(payment('good', { status: 'PROCESSING', updated_at: at(1) }), 2.9);
    facts.exchanges.push({ ...old, answeredMs: 9000 });
    expect(judge(caseOf(facts))).toEqual([]);
  });
});
