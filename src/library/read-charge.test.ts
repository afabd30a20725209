import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../http/json.ts';
import { parseOrder } from '../http/order.ts';
import { PayonceInputError } from './input-error.ts';
import { type ReadCharge, readCharge } from './read-charge.ts';

const good = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD' };
/** A number with the prefix and length of a card, and its check digit. */
const CARD = `4${'0'.repeat(14)}2`;

function refusal(input: unknown, options?: unknown): PayonceInputError {
  try {
    readCharge(input, options);
  } catch (error) {
    if (error instanceof PayonceInputError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

const read = (options?: unknown): ReadCharge => readCharge(good, options);

test('the options count in every form: own, inherited, getters and hidden ones', () => {
  class Options {
    get idempotencyKey() {
      return 'k';
    }
  }
  for (const options of [new Options(), Object.create({ idempotencyKey: 'k' })])
    expect(read(options).key).toMatchObject({ key: 'k' });
});

describe('what is to be charged', () => {
  test('needs an order, an amount and a currency', () => {
    expect(readCharge(good, undefined)).toEqual({
      order: { accountId: 'default', ...good, metadata: {} },
      giveUpAfterS: null,
      key: null,
      waitMs: 10_000,
      signal: null,
    });
  });

  test('may have every optional field', () => {
    const all = { ...good, accountId: 'acme', method: 'tok_visa', metadata: { note: 'gift' } };
    expect(readCharge(all, {}).order).toEqual(all);
  });

  test('may say how long it is tried, beside the order', () => {
    const { order, giveUpAfterS } = readCharge({ ...good, giveUpAfterS: 259_200 }, {});
    expect([order, giveUpAfterS]).toEqual([{ accountId: 'default', ...good, metadata: {} }, 259_200]);
    expect(readCharge({ ...good, giveUpAfterS: undefined }, {}).giveUpAfterS).toBeNull();
  });

  test.each([0, -1, 1.5, 259_201, '60', null, Number.NaN])('is not tried for %s seconds', (giveUpAfterS) => {
    expect(refusal({ ...good, giveUpAfterS }).errors).toEqual([
      {
        field: 'giveUpAfterS',
        detail: expect.stringContaining('a whole number of seconds from 1 to 259200'),
      },
    ]);
  });

  test('says how long it is tried with the order, not with the options', () => {
    expect(refusal(good, { giveUpAfterS: 60 }).errors).toEqual([
      {
        field: 'options.giveUpAfterS',
        detail: expect.stringContaining('giveUpAfterS belongs in the order, the first argument'),
      },
    ]);
  });

  test('may leave a field out with undefined', () => {
    const input = { ...good, accountId: undefined, method: undefined, metadata: undefined };
    const { order } = readCharge(input, { idempotencyKey: undefined, waitMs: undefined, signal: undefined });
    expect(order).toEqual({ accountId: 'default', ...good, metadata: {} });
    expect('method' in order).toBe(false);
  });

  test('is read once, so that nothing can change it afterwards', () => {
    let reads = 0;
    const metadata = { note: 'gift' };
    const input = {
      ...good,
      metadata,
      get amountMinor() {
        reads += 1;
        return reads === 1 ? 100 : 1;
      },
    };
    const { order } = readCharge(input, undefined);
    metadata.note = 'changed';
    expect(order).toMatchObject({ amountMinor: 100, metadata: { note: 'gift' } });
  });

  class Cart {
    readonly orderId = 'ORD123';
    readonly amountMinor = 10_000;
    get currency() {
      return 'USD';
    }
    get accountId() {
      return 'acme';
    }
    get method() {
      return 'tok_visa';
    }
    total() {
      return this.amountMinor;
    }
  }
  const whole = { ...good, accountId: 'acme', method: 'tok_visa' };
  const hidden = Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, { value }])),
  );
  test.each([
    ['getters of a class', new Cart()],
    ['inherited', Object.create(whole)],
    ['hidden from loops', hidden],
    ['without a prototype', Object.assign(Object.create(null), whole)],
    ['of another realm', runInNewContext(`(${JSON.stringify(whole)})`)],
    [
      'an instance of a class of another realm',
      runInNewContext(
        `class Cart { get accountId() { return 'acme'; } }; Object.assign(new Cart(), ${JSON.stringify({ ...good, method: 'tok_visa' })})`,
      ),
    ],
  ])('counts in every form: %s', (_how, input) => {
    expect(readCharge(input, undefined).order).toEqual({ ...whole, metadata: {} });
  });

  test.each([
    [
      'a getter of a class',
      new (class extends Cart {
        get account() {
          return 'globex';
        }
      })(),
    ],
    ['inherited', Object.assign(Object.create({ account: 'globex' }), good)],
  ])('and a misspelt field is refused in every form: %s', (_how, input) => {
    expect(refusal(input).errors).toEqual([
      { field: 'account', detail: expect.stringContaining('did you mean accountId?') },
    ]);
  });

  test('is not what somebody added to every object of the program', () => {
    const added = runInNewContext(`Object.prototype.accountId = 'polluted'; (${JSON.stringify(good)})`);
    expect(readCharge(added, undefined).order).toEqual({ accountId: 'default', ...good, metadata: {} });
  });

  test.each([
    ['inherited', Object.create({ note: 'gift' })],
    ['hidden from loops', Object.defineProperty({}, 'note', { value: 'gift' })],
    ['named by a symbol', { [Symbol('note')]: 'gift' }],
    [
      'a getter of a class',
      new (class {
        get note() {
          return 'gift';
        }
      })(),
    ],
  ])('has no note that would be lost: %s', (_how, metadata) => {
    expect(refusal({ ...good, metadata }).errors).toMatchObject([{ field: 'metadata' }]);
  });

  test.each([undefined, null, 'ORD123', 7, [good], new Map(Object.entries(good)), () => good, true])(
    '%o is refused: it is no object',
    (input) =>
      expect(refusal(input)).toMatchObject({
        code: 'invalid_request',
        errors: [{ field: '', detail: expect.stringContaining('must be an object') }],
      }),
  );

  const WRONG: readonly (readonly [string, unknown])[] = [
    ['orderId', ''],
    ['orderId', 'a\0b'],
    ['orderId', '\ud800'],
    ['orderId', 'é'.repeat(128)],
    ['orderId', 7],
    ['orderId', null],
    ['currency', 'usd'],
    ['currency', 'XXX'],
    ['currency', 840],
    ['amountMinor', '100'],
    ['amountMinor', 2 ** 60],
    ['amountMinor', 10.5],
    ['amountMinor', Number.NaN],
    ['amountMinor', Number.POSITIVE_INFINITY],
    ['amountMinor', 0],
    ['amountMinor', -0],
    ['amountMinor', -1],
    ['amountMinor', 100n],
    ['amountMinor', new Number(100)],
    ['amountMinor', null],
    ['method', ''],
    ['method', 'two words'],
    ['method', { token: 'tok_visa' }],
    ['method', null],
    ['accountId', ''],
    ['accountId', 'x'.repeat(256)],
    ['accountId', 'a\0'],
    ['accountId', 7],
    ['metadata', null],
    ['metadata', 'note'],
    ['metadata', ['note']],
    ['metadata', new Map([['note', 'gift']])],
    ['metadata', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`n${n}`, '']))],
    ['metadata.note', { note: 7 }],
    ['metadata.note', { note: undefined }],
    ['metadata.note', { note: '\0' }],
    ['metadata.note', { note: 'x'.repeat(501) }],
  ];
  test.each(WRONG)('with %s = %o is refused by its name', (field, value) => {
    const error = refusal({ ...good, [field.split('.')[0] ?? '']: value });
    expect(error.code).toBe('invalid_request');
    expect(error.errors.map((each) => each.field)).toEqual([field]);
    expect(error.message).toContain(field);
    expect(error.message).toContain('Nothing was stored and nothing was sent.');
  });

  test.each(['orderId', 'amountMinor', 'currency'])('without %s is refused', (field) => {
    for (const input of [{ ...good, [field]: undefined }, omit(field)]) {
      expect(refusal(input).errors).toEqual([{ field, detail: 'is required' }]);
    }
  });

  function omit(field: string): Record<string, unknown> {
    return Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));
  }

  test.each([
    ['orderId', { ...good, orderId: CARD }],
    ['method', { ...good, method: CARD }],
    ['accountId', { ...good, accountId: CARD }],
    ['metadata.note', { ...good, metadata: { note: CARD } }],
    ['metadata', { ...good, metadata: { [CARD]: 'x' } }],
  ])('with a card number as %s is refused, and the number is not repeated', (field, input) => {
    const error = refusal(input);
    expect(error.code).toBe('card_number_refused');
    expect(error.errors.map((each) => each.field)).toEqual([field]);
    expect(JSON.stringify([error.message, error.errors])).not.toContain(CARD);
  });

  test('never repeats a value or a name that may be a secret', () => {
    const secret = 'sk_live_'.repeat(40);
    const error = refusal(
      { ...good, orderId: secret, [secret]: secret, [CARD]: 1 },
      { idempotencyKey: secret },
    );
    expect(JSON.stringify([error.message, error.errors])).not.toMatch(new RegExp(`sk_live|${CARD}`));
    expect(error.errors).toHaveLength(4);
  });

  test.each([
    ['amount', 'did you mean amountMinor?'],
    ['amount_minor', 'did you mean amountMinor?'],
    ['order_id', 'did you mean orderId?'],
    ['account_id', 'did you mean accountId?'],
    ['paymentMethod', 'did you mean method?'],
    ['idempotency_key', 'idempotencyKey belongs in the options'],
    ['waitMs', 'waitMs belongs in the options'],
    ['give_up_after_s', 'did you mean giveUpAfterS?'],
    ['giveUpAfterMs', 'did you mean giveUpAfterS?'],
    ['colour', 'the known ones are orderId, amountMinor'],
  ])('with a field %s is refused, with a hint', (name, hint) => {
    expect(refusal({ ...good, [name]: 'x' }).errors).toEqual([
      { field: name, detail: expect.stringContaining(hint) },
    ]);
  });

  test('is refused with everything that is wrong at once', () => {
    const error = refusal(
      { orderId: '', amountMinor: '1', currency: 'usd' },
      { idempotencyKey: '', waitMs: -1 },
    );
    expect(error.errors.map(({ field }) => field)).toEqual([
      'orderId',
      'amountMinor',
      'currency',
      'idempotencyKey',
      'waitMs',
    ]);
    for (const { field } of error.errors) expect(error.message).toContain(field);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.name).toBe('PayonceInputError');
  });

  test('is refused in the words of the HTTP API', () => {
    const values: readonly (readonly [keyof typeof good | 'method' | 'metadata', string, unknown])[] = [
      ['orderId', 'order_id', ''],
      ['orderId', 'order_id', 'x'.repeat(256)],
      ['orderId', 'order_id', CARD],
      ['amountMinor', 'amount', 0],
      ['amountMinor', 'amount', '100'],
      ['amountMinor', 'amount', 10.5],
      ['amountMinor', 'amount', 2 ** 60],
      ['currency', 'currency', 'usd'],
      ['method', 'method', 'a b'],
      ['method', 'method', CARD],
      ['metadata', 'metadata', []],
    ];
    for (const [ours, theirs, value] of values) {
      const json = parseJson(
        Buffer.from(JSON.stringify({ order_id: 'ORD123', amount: 1, currency: 'USD', [theirs]: value })),
      );
      const http = json.kind === 'value' ? parseOrder(json.value, 'default') : null;
      const error = refusal({ ...good, [ours]: value });
      expect(http).toMatchObject({
        code: error.code,
        errors: error.errors.map(({ detail }) => ({ detail })),
      });
    }
  });
});

describe('the options of a charge', () => {
  test('may name a key, whose scope is the library’s own', () => {
    expect(read({ idempotencyKey: 'try-1' }).key).toEqual({ route: 'library', key: 'try-1' });
    expect(read({ idempotencyKey: '"try"' }).key).toEqual({ route: 'library', key: '"try"' });
    expect(read({ idempotencyKey: 'a', keyScope: 'POST /v1/payments' }).key).toEqual({
      route: 'POST /v1/payments',
      key: 'a',
    });
    expect(read({ idempotencyKey: 'k'.repeat(255) }).key?.key).toHaveLength(255);
  });

  test.each([{ route: 'x', key: 'alpha' }, 7, null, '', 'k'.repeat(256), 'schlüssel', 'a\n', ['a']])(
    'refuse %o as a key',
    (idempotencyKey) => {
      const error = refusal(good, { idempotencyKey });
      expect(error.code).toBe('idempotency_key_invalid');
      expect(error.errors.map(({ field }) => field)).toEqual(['idempotencyKey']);
    },
  );

  test.each(['idempotencyKey', 'keyScope'])('refuse a card number as %s', (name) => {
    const error = refusal(good, { [name]: CARD });
    expect(error.code).toBe('card_number_refused');
    expect(error.errors.map(({ field }) => field)).toEqual([name]);
    expect(JSON.stringify([error.message, error.errors])).not.toContain(CARD);
  });

  test.each([0, 1, 600_000])('take a wait of %i ms', (waitMs) =>
    expect(read({ waitMs }).waitMs).toBe(waitMs),
  );

  test.each([-1, 600_001, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1000', null])(
    'refuse a wait of %o',
    (waitMs) => expect(refusal(good, { waitMs }).errors).toMatchObject([{ field: 'waitMs' }]),
  );

  test('take a signal, even one of another realm', () => {
    const { signal } = new AbortController();
    expect(read({ signal }).signal).toBe(signal);
    const foreign = { aborted: false, addEventListener() {}, removeEventListener() {} };
    expect(read({ signal: foreign }).signal).toBe(foreign);
  });

  test.each([null, true, new AbortController(), () => {}, {}])('refuse %o as a signal', (signal) =>
    expect(refusal(good, { signal }).errors).toMatchObject([{ field: 'signal' }]),
  );

  test.each([
    [{ key: { route: 'checkout', key: 'try-1' } }, 'did you mean idempotencyKey?'],
    [{ idempotency_key: 'a' }, 'did you mean idempotencyKey?'],
    [{ timeout: 5 }, 'did you mean waitMs?'],
    [{ retries: 5 }, 'the known ones are idempotencyKey'],
  ])('refuse %o with a hint', (options, hint) =>
    expect(refusal(good, options).errors).toMatchObject([{ detail: expect.stringContaining(hint) }]),
  );

  test.each([null, 'try-1', 5, []])('refuse %o: it is no object', (options) =>
    expect(refusal(good, options).errors).toMatchObject([{ field: 'options' }]),
  );
});
