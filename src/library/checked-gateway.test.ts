import { describe, expect, test } from 'vitest';
import { CONTRACT } from '../../test/support/contract.ts';
import type { RefundRequest } from '../domain/refund-outcomes.ts';
import type { Gateway, Refunds } from '../ports/gateway.ts';
import { checkedGateway } from './checked-gateway.ts';

const REFUND: RefundRequest = {
  key: 'k',
  reference: 'order',
  orderId: 'o1',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  chargeRef: 'ch',
  amountMinor: 1,
  currency: 'USD',
};
const OPTIONS = { timeoutMs: 1, mayLeave: () => true };
const INVALID = 'adapter_answer_invalid';

/** A gateway that answers the same to everything, and what is logged of it. */
function answering(value: unknown, changes: Partial<Refunds> = {}) {
  const logged: object[] = [];
  const say = async () => value as never;
  const gateway: Gateway = {
    name: 'mine',
    contract: CONTRACT,
    call: say,
    lookup: say,
    refunds: { call: say, lookup: say, refunded: say, ...changes },
    close: async () => {},
  };
  const log = { error: (fields: object) => logged.push(fields) } as never;
  return { gateway: checkedGateway(gateway, log), logged };
}

test('where the credentials are is passed on, if it is a text', () => {
  const credentialsOf = (credentials: unknown) =>
    checkedGateway({ ...answering({}).gateway, credentials } as never, {} as never).credentials;
  expect([credentialsOf('MY_TOKEN'), credentialsOf(7), credentialsOf(undefined)]).toEqual([
    'MY_TOKEN',
    undefined,
    undefined,
  ]);
});

describe('the answers of an adapter about two steps', () => {
  const { chargeRef: _none, ...charge } = REFUND;
  function twoSteps(value: unknown) {
    const { gateway, logged } = answering(value);
    const say = async () => value as never;
    const log = { error: (fields: object) => logged.push(fields) } as never;
    const checked = checkedGateway({ ...gateway, twoSteps: { prepare: say, seal: say } }, log);
    return {
      logged,
      prepare: () => checked.twoSteps?.prepare({ ...charge, prepareKey: 'p' }, OPTIONS),
      seal: () => checked.twoSteps?.seal({ ...charge, handle: 'pi', sealKey: 's' }, OPTIONS),
    };
  }

  test('are passed on if they are outcomes', async () => {
    const { prepare, logged } = twoSteps({ kind: 'prepared', handle: 'pi_1', more: 1 });
    expect(await prepare()).toEqual({ kind: 'prepared', handle: 'pi_1' });
    expect(logged).toEqual([]);
  });

  test('do not count if they are none, and are logged, except those of a seal', async () => {
    const { prepare, seal, logged } = twoSteps({ kind: 'prepared' });
    expect(await prepare()).toEqual({ kind: 'failed', reason: INVALID });
    expect(await seal()).toBeUndefined();
    expect(logged).toEqual([{ gateway: 'mine', effect: 'charge', answer_to: 'prepare' }]);
  });

  test('are not asked for in one step', () => {
    expect(answering({}).gateway).not.toHaveProperty('twoSteps');
  });
});

describe('the answers of an adapter about refunds', () => {
  test('are passed on if they are outcomes, with only the fields of the outcome', async () => {
    const approved = answering({ kind: 'approved', ref: 're', more: 1 });
    expect(await approved.gateway.refunds?.call(REFUND, OPTIONS)).toEqual({ kind: 'approved', ref: 're' });
    const absent = answering({ kind: 'absent', more: 1 });
    expect(await absent.gateway.refunds?.lookup(REFUND, OPTIONS)).toEqual({ kind: 'absent' });
    const sum = answering({ kind: 'refunded', amountMinor: 7, more: 1 });
    expect(await sum.gateway.refunds?.refunded?.(REFUND, OPTIONS)).toEqual({
      kind: 'refunded',
      amountMinor: 7,
    });
    expect([...approved.logged, ...absent.logged, ...sum.logged]).toEqual([]);
  });

  test.each([undefined, {}, { kind: 'approved' }, { kind: 'succeeded', ref: '' }, { kind: 'refunded' }])(
    'do not count if they are none, and are logged: %o',
    async (value) => {
      const { gateway, logged } = answering(value);
      const { refunds } = gateway;
      expect(await refunds?.call(REFUND, OPTIONS)).toEqual({
        kind: 'unknown',
        answered: false,
        reason: INVALID,
      });
      expect(await refunds?.lookup(REFUND, OPTIONS)).toEqual({ kind: 'unavailable', reason: INVALID });
      expect(await refunds?.refunded?.(REFUND, OPTIONS)).toEqual({ kind: 'unavailable', reason: INVALID });
      expect(logged).toEqual(
        ['call', 'lookup', 'refunded'].map((answer_to) => ({ gateway: 'mine', effect: 'refund', answer_to })),
      );
    },
  );

  test('are told apart from those about charges', async () => {
    const { gateway, logged } = answering({});
    await gateway.call({ ...REFUND }, OPTIONS);
    expect(logged).toEqual([{ gateway: 'mine', effect: 'charge', answer_to: 'call' }]);
  });

  test('are asked for only where the adapter can answer', () => {
    expect(answering({}, { refunded: undefined } as never).gateway.refunds).not.toHaveProperty('refunded');
    const { refunds: _none, ...gateway } = answering({}).gateway;
    expect(checkedGateway(gateway, {} as never)).not.toHaveProperty('refunds');
  });

  test('may come from an instance of a class', async () => {
    class Mine implements Refunds {
      readonly #found = { kind: 'absent' } as const;
      async call() {
        return { kind: 'busy' } as const;
      }
      async lookup() {
        return this.#found;
      }
    }
    const { gateway } = answering({});
    const checked = checkedGateway({ ...gateway, refunds: new Mine() }, {} as never);
    expect(await checked.refunds?.lookup(REFUND, OPTIONS)).toEqual({ kind: 'absent' });
  });
});

describe('a refusal of an order by an adapter', () => {
  const terms = { amountMinor: 1, currency: 'USD' };
  const refusing = (refuses: Gateway['refuses']) => {
    const logged: object[] = [];
    const log = { error: (fields: object) => logged.push(fields) } as never;
    const { gateway } = answering({ kind: 'approved', ref: 'ch' });
    const checked = checkedGateway({ ...gateway, ...(refuses === undefined ? {} : { refuses }) }, log);
    return { refusal: checked.refuses?.(terms), logged };
  };

  test('is passed on, and so is none', () => {
    expect(refusing(() => 'too small')).toEqual({ refusal: 'too small', logged: [] });
    expect(refusing(() => null)).toEqual({ refusal: null, logged: [] });
    expect(refusing(undefined)).toEqual({ refusal: undefined, logged: [] });
  });

  test.each<[string, () => never]>([
    ['no text', () => true as never],
    ['an empty text', () => '' as never],
    [
      'an error',
      () => {
        throw new Error('bug');
      },
    ],
    ['a promise', () => Promise.resolve('too small') as never],
    // An error that nobody catches ends the process, and this run.
    ['a promise that fails', () => Promise.reject(new Error('bug')) as never],
  ])('does not count if it is %s, and is logged', (_name, refuses) => {
    expect(refusing(refuses)).toEqual({
      refusal: null,
      logged: [expect.objectContaining({ gateway: 'mine' })],
    });
  });

  test('sees a copy of the order', () => {
    const order = { ...terms };
    const { gateway } = answering({});
    const change = (seen: object) => Object.assign(seen, { amountMinor: 1, currency: 'usd' }) && null;
    expect(checkedGateway({ ...gateway, refuses: change }, {} as never).refuses?.(order)).toBeNull();
    expect(order).toEqual(terms);
  });
});

describe('an event that an adapter reads', () => {
  const reading = (webhooks: () => unknown) => {
    const logged: object[] = [];
    const log = { error: (fields: object) => logged.push(fields) } as never;
    const { gateway } = answering({});
    const checked = checkedGateway({ ...gateway, webhooks: webhooks as never }, log);
    return { read: () => checked.webhooks?.({ body: Buffer.alloc(0), headers: {} }, 0), logged };
  };
  const REFUSED = { kind: 'forged', reason: 'unreadable' };

  test('is passed on', () => {
    const { read, logged } = reading(() => ({ kind: 'foreign', more: 1 }));
    expect([read(), logged]).toEqual([{ kind: 'foreign' }, []]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a promise', async () => ({ kind: 'foreign' })],
    ['a promise that fails', () => Promise.reject(new Error('bad signature'))],
  ])('is refused if it is %s, and that is logged once', (_name, webhooks) => {
    const { read, logged } = reading(webhooks);
    expect([read(), read()]).toEqual([REFUSED, REFUSED]);
    expect(logged).toEqual([expect.objectContaining({ gateway: 'mine' })]);
  });
});
