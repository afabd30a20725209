/** The order of durable steps, and what the engine does when the database or a lease is lost between two of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  approve,
  createScriptedGateway,
  error500,
  reset,
  type ScriptedGateway,
} from '../support/scripted-gateway.ts';
import {
  createWorld,
  KEYLESS,
  keyed,
  order,
  paymentIdOf,
  reaches,
  told,
  until,
  type World,
} from '../support/world.ts';

let world: World;
let gateway: ScriptedGateway;

beforeEach(async () => {
  world = await createWorld();
  gateway = createScriptedGateway();
});
afterEach(() => world.close());

async function count(sql: string, ...values: unknown[]): Promise<number> {
  const { rows } = await world.pool.query<{ count: string }>(`SELECT count(*) FROM ${sql}`, values);
  return Number(rows[0]?.count);
}

describe('the order of the steps', () => {
  it('commits the intent, with the key that the gateway gets, before the call', async () => {
    const { engine } = await world.replica(gateway);
    const seen: number[] = [];
    gateway.play = async (call) => {
      seen.push(
        await count('payonce.operations WHERE gateway_key = $1 AND settled_at IS NULL', call.request.key),
      );
      return call.charge();
    };
    await engine.charge(order('o1'), KEYLESS);
    expect(seen).toEqual([1]);
  });

  it('counts a call before it is sent', async () => {
    const { engine } = await world.replica(gateway);
    const seen: number[] = [];
    gateway.play = async ({ attempt, charge }) => {
      const { rows } = await world.pool.query('SELECT attempts FROM payonce.payments');
      seen.push(rows[0]?.attempts);
      return attempt < 3 ? error500 : charge();
    };
    await engine.charge(order('o1'), KEYLESS);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('commits the outcome before anybody gets it', async () => {
    const { engine } = await world.replica(gateway);
    const answer = await engine.charge(order('o1'), KEYLESS);
    expect(told(answer)).toBe('completed 201');
    expect(await count("payonce.payments WHERE status = 'COMPLETED'")).toBe(1);
    expect(
      await count('payonce.operations WHERE answer = $1', answer.kind === 'settled' && answer.frozen.body),
    ).toBe(1);
  });

  it('sends every call of a charge under one key', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = ({ attempt, charge }) => (attempt < 4 ? reset : charge());
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('completed 201');
    expect(new Set(gateway.calls.map((call) => call.key)).size).toBe(1);
    expect(gateway.calls.length).toBe(4);
  });
});

describe('a lost database', () => {
  it('before the intent: nothing is stored and nothing is sent', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'unavailable');
    expect(told(await engine.charge(order('o1'), keyed('k')))).toBe('store_unavailable');
    expect([gateway.calls.length, await count('payonce.payments'), await count('payonce.requests')]).toEqual([
      0, 0, 0,
    ]);
  });

  it.each(['refused', 'unfit'] as const)(
    'that takes the intent as %s: the client is not asked to repeat it at once',
    async (fault) => {
      const { engine, store } = await world.replica(gateway);
      store.fail('accept', fault);
      const answer = await engine.charge(order('o1'), keyed('k'));
      expect(answer).toMatchObject({ code: 'store_refused', retryAfterMs: 30_000 });
      expect([gateway.calls.length, await count('payonce.payments')]).toEqual([0, 0]);
    },
  );

  it('that refuses the intent after an acknowledgement was lost: it is not claimed that nothing was stored', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'lost', ...Array.from({ length: 100 }, () => 'refused' as const));
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('store_outcome_unknown');
  });

  it('during the COMMIT of the intent, which was committed: the request continues as the one that started the payment', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'ack_lost');
    const answer = await engine.charge(order('o1'), keyed('k'));
    expect([told(answer), answer.replayed, gateway.calls.length]).toEqual(['completed 201', false, 1]);
  });

  it('during the COMMIT of the intent, which was not committed: it is committed by the next try', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'lost');
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('completed 201');
    expect(await count('payonce.payments')).toBe(1);
  });

  it('for good during the COMMIT of the intent: the client learns that the outcome is unknown', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'lost');
    store.fail('accept', ...Array.from({ length: 100 }, () => 'unavailable' as const));
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('store_outcome_unknown');
    expect(gateway.calls.length).toBe(0);
  });

  it('after an acceptance whose acknowledgement was lost: it is not claimed that nothing was stored', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('accept', 'ack_lost');
    store.fail('situation', 'unavailable');
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('store_outcome_unknown');
  });

  it('after the intent: 202, and it settles once the database is back', async () => {
    const { engine, store } = await world.replica(gateway);
    gateway.play = ({ charge }) => {
      store.goDown();
      return charge();
    };
    const answer = await engine.charge(order('o1'), { waitMs: 100 });
    expect(told(answer)).toBe('202 PROCESSING');
    gateway.play = approve;
    store.heal();
    await reaches(engine, paymentIdOf(answer), 'COMPLETED');
    expect(gateway.ledger.size).toBe(1);
  });

  it('during the COMMIT of the outcome, which was committed: it is recognised as our own', async () => {
    const { engine, store } = await world.replica(gateway);
    store.fail('advance', 'ack_lost');
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('completed 201');
    expect([gateway.calls.length, await count('payonce.events'), await count('payonce.evidence')]).toEqual([
      1, 2, 0,
    ]);
  });

  it('during the COMMIT of a retry’s claim, which was committed: the call is sent once', async () => {
    const { engine, store } = await world.replica(gateway);
    gateway.play = ({ attempt, charge }) => {
      if (attempt === 1) store.fail('advance', 'ack_lost', 'ack_lost');
      return attempt === 1 ? error500 : charge();
    };
    expect(told(await engine.charge(order('o1'), KEYLESS))).toBe('completed 201');
    expect(gateway.calls.length).toBe(2);
  });

  it('does not stop replays by key, which need none', async () => {
    const { engine, store } = await world.replica(gateway);
    const first = await engine.charge(order('o1'), keyed('k'));
    store.goDown();
    const again = await engine.charge(order('o1'), keyed('k'));
    expect([told(again), again.replayed]).toEqual(['completed 201', true]);
    expect(again.kind === 'settled' && again.frozen).toEqual(first.kind === 'settled' && first.frozen);
    expect(told(await engine.charge(order('o1', { amountMinor: 5 }), keyed('k')))).toBe(
      'idempotency_key_reused',
    );
    store.heal();
  });
});

describe('a worker that lost its lease', () => {
  it('changes no state, and the answer that it got is kept and checked', async () => {
    const slow = createScriptedGateway();
    const { engine: zombie, store } = await world.replica(slow);
    // The gateway approves, but from then on the zombie cannot reach the database until its lease is over.
    slow.play = ({ charge }) => {
      store.goDown();
      return charge();
    };
    const paymentId = paymentIdOf(await zombie.charge(order('o1'), { waitMs: 0 }));
    const { engine } = await world.replica(gateway);
    gateway.lookupPlay = () => ({ kind: 'absent' });
    gateway.play = () => ({ kind: 'declined', code: 'no_funds' });
    await reaches(engine, paymentId, 'UNRESOLVED');
    store.heal();
    await until(async () => (await count('payonce.evidence')) === 1);
    gateway.lookupPlay = (request) => slow.lookup(request, { timeoutMs: 1000 });
    const payment = await reaches(engine, paymentId, 'COMPLETED');
    expect([slow.ledger.size, payment.gatewayRef]).toEqual([1, 'ch_1']);
    expect(
      await count('(SELECT payment_id FROM payonce.events GROUP BY 1 HAVING max(seq) <> count(*)) gaps'),
    ).toBe(0);
  });
});

describe('a request that waits longer than the lease', () => {
  it('does not send its charge a second time while the outcome cannot be written', async () => {
    const { engine, store } = await world.replica(gateway, {
      policy: { maxAttempts: 1, leaseMs: 1500 },
      callTimeoutMs: 1000,
    });
    gateway.play = ({ attempt, charge }) => {
      if (attempt > 1) return { kind: 'refused', reason: 'dns' };
      // Charged, the answer lost, and the outcome cannot be written until the lease is over.
      store.fail('advance', ...Array.from({ length: 6 }, () => 'unavailable' as const));
      charge();
      return reset;
    };
    const answer = await engine.charge(order('o1'), KEYLESS);
    expect([told(answer), gateway.calls.length, gateway.ledger.size]).toEqual(['completed 201', 1, 1]);
  });
});

describe('a crash', () => {
  it('after the intent is recovered by another replica once the lease has ended, under the same key', async () => {
    const dead = createScriptedGateway();
    dead.play = () => new Promise(() => {});
    const { engine: crashed, store } = await world.replica(dead);
    const answer = await crashed.charge(order('o1'), { waitMs: 0 });
    await until(() => dead.calls.length === 1);
    store.goDown();
    const { engine } = await world.replica(gateway);
    const payment = await reaches(engine, paymentIdOf(answer), 'COMPLETED');
    expect([gateway.calls[0]?.key, payment.attempts]).toEqual([dead.calls[0]?.key, 2]);
  });

  it('leaves payments of another gateway alone', async () => {
    const other = createScriptedGateway({}, 'other');
    other.play = () => reset;
    const { engine } = await world.replica(other, { policy: { maxAttempts: 1 } });
    const answer = await engine.charge(order('o1'), { waitMs: 50 });
    const { engine: ours } = await world.replica(gateway);
    await ours.charge(order('o2'), KEYLESS);
    await until(() => other.lookups.length > 5);
    expect(gateway.lookups.length).toBe(0);
    expect((await ours.payment('default', paymentIdOf(answer)))?.gateway).toBe('other');
  });
});

describe('a drain', () => {
  it('ends what is under way, answers those who wait for it, and refuses new requests', async () => {
    const { engine } = await world.replica(gateway);
    let finish: () => void = () => {};
    gateway.play = ({ charge }) =>
      new Promise((resolve) => {
        finish = () => resolve(charge());
      });
    const waiting = engine.charge(order('o1'), KEYLESS);
    await until(() => gateway.calls.length === 1);
    const stopped = engine.stop();
    expect(told(await engine.charge(order('o2'), KEYLESS))).toBe('shutting_down');
    finish();
    await stopped;
    expect(told(await waiting)).toBe('completed 201');
    expect(await count("payonce.payments WHERE status = 'COMPLETED' AND NOT held")).toBe(1);
  });

  it('that takes too long answers waiting clients with 202', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = () => new Promise(() => {});
    const waiting = engine.charge(order('o1'), KEYLESS);
    await until(() => gateway.calls.length === 1);
    await engine.stop(50);
    expect(told(await waiting)).toBe('202 PROCESSING');
  });
});
