/** The judge finds nothing wrong in an honest record of Stripe, and finds every lie that is planted in it. */
import { describe, expect, test } from 'vitest';
import type { Write } from '../stripe/writes.ts';
import { type Case, type Intent, nameOf } from './case.ts';
import { atMs, call, caseOf, change, event, type Facts, honest, payment, reference } from './fixture.ts';
import { judge } from './judge.ts';
import { chargeKey } from './names.ts';
import { refund, refunded } from './refund-fixture.ts';

interface Record {
  readonly facts: Facts;
  readonly intents: Intent[];
  readonly writes: Write[];
  readonly prepares: ReturnType<typeof call>[];
}

const keyOf = (orderId: string, n: number): string => chargeKey(reference(orderId), n);

function intent(orderId: string, n: number, status: string, changes: Partial<Intent> = {}): Intent {
  const names = { key: keyOf(orderId, n), reference: reference(orderId), orderId };
  return { id: `ch-${orderId}-${n}`, status, amount: 500, currency: 'USD', ...names, ...changes };
}

function write(
  operation: 'confirm' | 'cancel',
  intentId: string,
  key: string,
  second: number,
  changes: Partial<Write> = {},
): Write {
  const times = { replica: 'a', atMs: atMs(second), leftMs: atMs(second), hungUpMs: null };
  const path = `/v1/payment_intents/${intentId}/${operation}`;
  return { operation, intentId, key, path, body: '', ...times, ...changes };
}

const confirm = (orderId: string, n: number, second: number): Write =>
  write('confirm', `ch-${orderId}-${n}`, keyOf(orderId, n), second);
const cancel = (orderId: string, n: number, second: number): Write =>
  write('cancel', `ch-${orderId}-${n}`, `seal of ${orderId} ${n}`, second);

/** The honest record of the other tests. Each charge is an intent, and those that failed were cancelled. */
function honestAtStripe(facts = honest()): Record {
  return {
    facts,
    intents: [
      intent('good', 1, 'succeeded'),
      intent('twice', 1, 'canceled'),
      intent('twice', 2, 'succeeded'),
      intent('poor', 1, 'canceled'),
    ],
    writes: [
      confirm('good', 1, 1),
      confirm('twice', 1, 1),
      cancel('twice', 1, 2),
      confirm('twice', 2, 4),
      confirm('poor', 1, 1),
      cancel('poor', 1, 2),
    ],
    prepares: [call('good', 1, 1), call('twice', 1, 1), call('twice', 2, 4), call('poor', 1, 1)],
  };
}

function caseOfStripe({ facts, ...stripe }: Record): Case {
  return { ...caseOf(facts), stripe };
}

function found(plant: (record: Record) => void, record = honestAtStripe()): string[] {
  plant(record);
  return [...new Set(judge(caseOfStripe(record)).map(({ kind, orderId }) => `${kind} ${orderId}`))];
}

const is = (id: string, status: string) => (record: Record) =>
  change(record.intents, (one) => one.id === id, { status });
const onlyRefused = ({ facts }: Record): void => {
  facts.events.set('id-poor', [
    event(1, 'payment.created', 'PROCESSING'),
    event(2, 'call.refused', 'PROCESSING'),
    event(3, 'payment.failed', 'FAILED'),
  ]);
};

test('an honest record has no violations', () => {
  expect(judge(caseOfStripe(honestAtStripe()))).toEqual([]);
});

describe('what counts as failed', () => {
  test.each(['requires_payment_method', 'requires_action', 'processing', 'requires_confirmation'])(
    'must be cancelled, and not %s',
    (status) => {
      expect(found(is('ch-poor-1', status))).toEqual(['false_answer poor']);
    },
  );

  test('must be cancelled even if a later charge was paid', () => {
    expect(found(is('ch-twice-1', 'requires_payment_method'))).toEqual(['false_answer twice']);
  });

  test('need not be cancelled if every call was refused before it was executed', () => {
    const plant = (record: Record): void => {
      onlyRefused(record);
      is('ch-poor-1', 'requires_confirmation')(record);
    };
    expect(found(plant)).toEqual([]);
  });

  test('must be cancelled if it was declined, whatever the calls were answered', () => {
    const plant = (record: Record): void => {
      onlyRefused(record);
      is('ch-poor-1', 'requires_payment_method')(record);
    };
    expect(found(plant)).toEqual(['false_answer poor']);
  });

  test('need not be cancelled if it was never confirmed', () => {
    expect(
      found(({ intents }) => void intents.push(intent('poor', 1, 'requires_confirmation', { id: 'other' }))),
    ).toEqual([]);
  });
});

describe('what was sent', () => {
  test('a second intent for one charge is not confirmed', () => {
    const plant = ({ intents, writes }: Record): void => {
      intents.push(intent('good', 1, 'requires_confirmation', { id: 'other' }));
      writes.push(write('confirm', 'other', keyOf('good', 1), 2));
    };
    expect(found(plant)).toContain('charged_twice good');
  });

  test('an intent is confirmed under the key of its charge', () => {
    const plant = ({ writes }: Record): void =>
      void writes.push(write('confirm', 'ch-good-1', keyOf('good', 2), 2));
    expect(found(plant)).toEqual(['causeless_call good']);
  });

  test('every request has a key', () => {
    const plant = ({ writes }: Record): void => void writes.push(write('cancel', 'ch-poor-1', '', 2));
    expect(found(plant)).toEqual(['causeless_call poor']);
  });

  test.each([{ path: '/v1/payment_intents/ch-poor-1/confirm' }, { body: 'cancellation_reason=abandoned' }])(
    'no key comes again with %j',
    (changes) => {
      const plant = ({ writes }: Record): void =>
        void writes.push(write('cancel', 'ch-poor-1', 'seal of poor 1', 3, changes));
      expect(found(plant)).toEqual(['causeless_call poor']);
    },
  );

  test('the same request may come again under its key', () => {
    expect(found(({ writes }) => void writes.push(cancel('poor', 1, 3)))).toEqual([]);
  });

  test('an intent is made only for a call that was claimed', () => {
    expect(found(({ prepares }) => void prepares.push(call('good', 1, 2)))).toEqual(['causeless_call good']);
  });

  test('an intent is made for the terms that were asked for', () => {
    const plant = ({ prepares }: Record): void => change(prepares, () => true, { amount: 1 });
    expect(found(plant)).toEqual(['causeless_call good']);
  });

  test('an intent for an order that nobody sent is found', () => {
    expect(found(({ prepares }) => void prepares.push(call('nobody', 1, 1)))).toEqual([
      'causeless_call nobody',
    ]);
  });

  test.each(['create', 'cancel'])('a %s does not come long after it was given up', (operation) => {
    const hungUpMs = atMs(-60);
    const plant = ({ prepares, writes }: Record): void =>
      operation === 'create'
        ? change(prepares, () => true, { hungUpMs })
        : change(writes, (one) => one.operation === 'cancel', { hungUpMs });
    expect(found(plant)).toEqual([operation === 'create' ? 'late_request good' : 'late_request twice']);
  });
});

describe('what only time can prove', () => {
  const DOUBT = [
    event(1, 'payment.created', 'PROCESSING'),
    event(2, 'lookup.started', 'PROCESSING'),
    event(3, 'lookup.not_found_yet', 'UNRESOLVED'),
  ];
  const unresolved = ({ facts }: Record): void => {
    change(facts.payments, (one) => one.order_id === 'poor', {
      ...payment('poor', { status: 'UNRESOLVED', gateway_ref: null }),
    });
    facts.events.set('id-poor', DOUBT);
    facts.exchanges = facts.exchanges.filter(({ orderId, status }) => orderId !== 'poor' || status !== 502);
    facts.exchanges.push({
      ...facts.exchanges[0],
      orderId: 'poor',
      status: null,
    } as Facts['exchanges'][number]);
  };

  test('may be unresolved if nothing was confirmed for it', () => {
    const plant = (record: Record): void => {
      unresolved(record);
      record.writes.splice(4, 2);
      record.facts.calls.splice(3, 1);
    };
    expect(found(plant)).not.toContain('unsettled poor');
  });

  test('must end if something was confirmed for it', () => {
    expect(found(unresolved)).toContain('unsettled poor');
  });

  const pending = (lastWord: string) => (record: Record) => {
    const own = record.facts.refunds.get('id-good') ?? [];
    const one = refund('r-poor', { status: 'PENDING', gateway_ref: null });
    change(own, ({ refund_id: id }) => id === 'r-poor', one);
    change(record.facts.ledger, ({ order_id: id }) => id === 'good', {
      refunds: record.facts.ledger[0]?.refunds.filter(({ id }) => id !== 're-r-poor') ?? [],
    });
    const trail = record.facts.refundEvents.get(nameOf(one)) ?? [];
    change(trail, ({ seq }) => seq === 2, { type: lastWord, status: 'PENDING' });
  };

  test('of a refund that is not found yet, its end is not demanded', () => {
    const record = honestAtStripe(refunded());
    expect(found(pending('lookup.not_found_yet'), record)).not.toContain('unsettled good');
  });

  test('a refund that is not looked up any more must have ended', () => {
    const record = honestAtStripe(refunded());
    expect(found(pending('call.refused'), record)).toContain('unsettled good');
  });
});
