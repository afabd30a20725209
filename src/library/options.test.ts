import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import { PayonceInputError } from './input-error.ts';
import { readOptions, type Settings } from './options.ts';

/** Nothing connects to it. */
function poolOf(config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ host: '127.0.0.1', port: 1, ...config });
  onTestFinished(async () => {
    if (!pool.ending) await pool.end();
  });
  return pool;
}

const gateway = createScriptedGateway();

const read = (changes: object = {}): Settings => readOptions({ pool: poolOf(), gateway, ...changes });

function problems(changes: object): readonly string[] {
  try {
    read(changes);
  } catch (error) {
    if (!(error instanceof PayonceInputError)) throw error;
    expect(error.code).toBe('invalid_options');
    expect(error.message).toContain('Nothing was started.');
    return error.errors.map(({ field, detail }) => `${field} ${detail}`);
  }
  return [];
}

test('a log that throws stops nothing', () => {
  const fail = (): never => {
    throw new Error('the disk is full');
  };
  const { log } = read({ log: { info: fail, warn: fail, error: fail } });
  for (const level of ['info', 'warn', 'error'] as const) expect(log[level]({}, 'lost')).toBeUndefined();
});

test('a log that fails later stops nothing, and does not end the process', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  const fail = () => Promise.reject(new Error('the log server is away'));
  const { log } = read({ log: { info: fail, warn: fail, error: fail } });
  for (const level of ['info', 'warn', 'error'] as const) expect(log[level]({}, 'lost')).toBeUndefined();
  await setImmediate();
  expect(unhandled).not.toHaveBeenCalled();
});

test('where the credentials of an adapter are is kept', () => {
  expect(read({ gateway: { ...gateway, credentials: 'MY_TOKEN' } }).gateway.credentials).toBe('MY_TOKEN');
  expect(read().gateway.credentials).toBeUndefined();
});

describe('the options', () => {
  test('have defaults for everything but pool and gateway', () => {
    expect(read()).toMatchObject({
      callTimeoutMs: 10_000,
      leaseMs: 15_000,
      maxCalls: 256,
      maxLookups: 64,
      cacheEntries: 50_000,
      answerRetentionMs: 30 * 86_400_000,
      databaseTimeoutMs: 5000,
      sweepMs: 500,
      policy: DEFAULT_POLICY,
    });
  });

  test('arrive where they belong', () => {
    const numbers = {
      callTimeoutMs: 101,
      leaseMs: 1002,
      maxCalls: 3,
      maxLookups: 4,
      cacheEntries: 5,
      answerRetentionMs: 60_006,
      databaseTimeoutMs: 1007,
      sweepMs: 18,
    };
    const lines: unknown[] = [];
    const write = (...line: unknown[]): void => void lines.push(line);
    const log = { info: write, warn: write, error: write };
    const settings = read({ ...numbers, log, policy: { maxAttempts: 9 } });
    expect(settings).toMatchObject({ ...numbers, policy: { ...DEFAULT_POLICY, maxAttempts: 9 } });
    settings.log.warn({ a: 1 }, 'told');
    expect(lines).toEqual([[{ a: 1 }, 'told']]);
    expect(settings.gateway).toMatchObject({ name: gateway.name, contract: gateway.contract });
  });

  test.each([undefined, null, 'postgres://', 7, []])('are refused as %o', (options) => {
    expect(() => readOptions(options)).toThrow('must be an object with pool and gateway');
  });

  test('are all refused at once', () => {
    const found = problems({
      pool: 'postgres://',
      gateway: null,
      leaseMs: 1,
      policy: { maxAttempts: 0 },
      log: 1,
    });
    expect(found.map((line) => line.split(' ')[0])).toEqual([
      'pool',
      'gateway',
      'leaseMs',
      'policy.maxAttempts',
      'log',
    ]);
  });

  test.each([
    [{ databaseUrl: 'x' }, 'databaseUrl is not a known field'],
    [{ call_timeout_ms: 5 }, 'did you mean callTimeoutMs?'],
    [{ policy: { maxAttempt: 3 } }, 'policy.maxAttempt is not a known field'],
    [{ policy: { leaseMs: 3 } }, 'policy.leaseMs is not a known field'],
    [{ policy: { contract: {} } }, 'policy.contract is not a known field'],
    [{ policy: 7 }, 'policy must be an object'],
    [{ policy: { backoffCapMs: Number.POSITIVE_INFINITY } }, 'policy.backoffCapMs must be a whole number'],
    [{ policy: { lookupBaseMs: -1 } }, 'policy.lookupBaseMs must be a whole number'],
    [{ policy: { maxAttempts: 2.5 } }, 'policy.maxAttempts must be a whole number'],
    [{ policy: { resolveForMs: '72h' } }, 'policy.resolveForMs must be a whole number'],
    [{ sweepMs: 0 }, 'sweepMs must be a whole number'],
    [{ maxCalls: Number.NaN }, 'maxCalls must be a whole number'],
    [{ callTimeoutMs: 20_000 }, 'leaseMs must be at least callTimeoutMs + 500'],
    [{ log: () => {} }, 'log must have the functions'],
    [{ log: null }, 'log must have the functions'],
  ])('with %o are refused', (changes, problem) => {
    expect(problems(changes)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('the pool', () => {
  test.each([
    ['nothing', undefined, 'is required'],
    ['an address', 'postgres://127.0.0.1/x', 'must be a Pool of pg'],
    ['its configuration', { connectionString: 'postgres://' }, 'must be a Pool of pg'],
    ['a client', new pg.Client(), 'not a Client'],
  ])('that is %s is refused', (_what, pool, problem) =>
    expect(problems({ pool })).toEqual([expect.stringContaining(problem)]),
  );

  test('with one connection is refused', () => {
    expect(problems({ pool: poolOf({ max: 1 }) })).toEqual([expect.stringContaining('two connections')]);
    expect(problems({ pool: poolOf({ max: '1' as unknown as number }) })).toEqual([
      expect.stringContaining('two connections'),
    ]);
    expect(problems({ pool: poolOf({ max: 2 }) })).toEqual([]);
  });

  test('that has ended, or asks for binary results, is refused', async () => {
    const ended = poolOf();
    await ended.end();
    expect(problems({ pool: ended })).toEqual([expect.stringContaining('has been ended')]);
    const binary = poolOf({ binary: true } as pg.PoolConfig);
    expect(problems({ pool: binary })).toEqual([expect.stringContaining('binary')]);
  });
});

describe('the gateway', () => {
  const { contract } = gateway;
  test.each([
    [{ name: '' }, 'gateway.name'],
    [{ name: undefined }, 'gateway.name'],
    [{ name: 'two words' }, 'gateway.name'],
    [{ name: 'x'.repeat(65) }, 'gateway.name'],
    [{ call: undefined }, 'gateway.call must be a function'],
    [{ lookup: 'yes' }, 'gateway.lookup must be a function'],
    [{ close: null }, 'gateway.close must be a function'],
    [{ livemode: 'no' }, 'gateway.livemode'],
    [{ address: 8080 }, 'gateway.address'],
    [{ address: 'two words' }, 'gateway.address'],
    [{ credentials: 5 }, 'gateway.credentials must be the name of a setting'],
    [{ webhooks: {} }, 'gateway.webhooks must be a function, or left out'],
    [{ refunds: null }, 'gateway.refunds must be an object with call and lookup'],
    [{ refunds: { call() {} } }, 'gateway.refunds.lookup must be a function'],
    [{ refunds: { call: 1, lookup() {} } }, 'gateway.refunds.call must be a function'],
    [{ refunds: { call() {}, lookup() {}, refunded: 0 } }, 'gateway.refunds.refunded must be a function'],
    [{ contract: undefined }, 'gateway.contract must be an object'],
    [{ contract: { ...contract, keys: 'yes' } }, 'gateway.contract.keys'],
    [{ contract: { ...contract, lookup: 'yes' } }, 'gateway.contract.lookup '],
    [{ contract: { ...contract, cachesErrors: undefined } }, 'gateway.contract.cachesErrors'],
    [{ contract: { ...contract, keyWindowMs: Number.POSITIVE_INFINITY } }, 'gateway.contract.keyWindowMs'],
    [{ contract: { ...contract, lookupLagMs: -1 } }, 'gateway.contract.lookupLagMs'],
    [{ contract: { ...contract, landsWithinMs: undefined } }, 'gateway.contract.landsWithinMs is required'],
    [{ contract: { ...contract, landsWithin: 5 } }, 'gateway.contract.landsWithin is not a known field'],
    [
      { contract: { ...contract, declines: 'kept' } },
      "gateway.contract.declines must be 'final' or 'forgotten'",
    ],
    [
      { contract: { ...contract, errorsLandWithinMs: 1.5 } },
      'gateway.contract.errorsLandWithinMs must be a whole',
    ],
    [{ contract: { ...contract, pendingForMs: 0 } }, 'gateway.contract.pendingForMs must be a whole number'],
    [{ contract: { ...contract, maxKeyChars: 20 } }, 'gateway.contract.maxKeyChars must be at least 36'],
    [{ contract: { ...contract, effects: 7 } }, 'gateway.contract.effects must be an object with charge'],
    [
      { contract: { ...contract, effects: { dispute: {} } } },
      'gateway.contract.effects.dispute is not a known',
    ],
    [
      { contract: { ...contract, effects: { charge: 7 } } },
      'gateway.contract.effects.charge must be an object',
    ],
    [
      { contract: { ...contract, effects: { charge: { steps: 'two' } } } },
      'gateway.contract.effects.charge.steps is not a known field',
    ],
    [
      { contract: { ...contract, effects: { charge: { keys: 'some' } } } },
      "gateway.contract.effects.charge.keys must be 'kept' or 'none'",
    ],
    [
      { contract: { ...contract, effects: { refund: {} } } },
      'gateway.contract.effects.refund must be left out',
    ],
  ])('with %o is refused', (changes, problem) => {
    expect(problems({ gateway: { ...gateway, ...changes } })).toEqual([expect.stringContaining(problem)]);
  });

  test('keeps what its contract says of one kind of effect', () => {
    const effects = { charge: { keys: 'none', lookupLagMs: 7 } };
    const given = { ...gateway, contract: { ...contract, declines: 'forgotten', effects } };
    expect(read({ gateway: given as typeof gateway }).gateway.contract).toEqual(given.contract);
  });

  test('may be an instance of a class', () => {
    class Adapter {
      get name() {
        return 'mine';
      }
      readonly contract = contract;
      async call() {}
      async lookup() {}
      async close() {}
    }
    expect(problems({ gateway: new Adapter() })).toEqual([]);
  });

  test('keeps what it refuses, which must be a function', () => {
    const picky = { ...gateway, refuses: ({ amountMinor }: { amountMinor: number }) => `${amountMinor}` };
    const terms = { amountMinor: 7, currency: 'USD' };
    expect(read({ gateway: picky }).gateway.refuses?.(terms)).toBe('7');
    expect(read().gateway).not.toHaveProperty('refuses');
    expect(problems({ gateway: { ...gateway, refuses: 'all' } })).toEqual([
      expect.stringContaining('gateway.refuses must be a function'),
    ]);
  });

  test('keeps how it makes refunds', () => {
    const refunds = { call() {}, lookup() {} };
    expect(read({ gateway: { ...gateway, refunds } }).gateway.refunds).toBe(refunds);
    expect(read().gateway).not.toHaveProperty('refunds');
  });

  test('keeps how it charges in two steps, if its contract says so', () => {
    const twoSteps = { prepare() {}, seal() {} };
    const two = { ...contract, steps: 'two' as const };
    expect(read({ gateway: { ...gateway, contract: two, twoSteps } }).gateway.twoSteps).toBe(twoSteps);
    expect(read().gateway).not.toHaveProperty('twoSteps');
  });

  test.each([
    [
      'no word about its steps',
      { steps: undefined },
      undefined,
      "gateway.contract.steps must be 'one' or 'two'",
    ],
    [
      'two steps, and cannot make them',
      { steps: 'two' },
      undefined,
      'gateway.twoSteps must have prepare and seal',
    ],
    ['one step, and can make two', {}, { prepare() {}, seal() {} }, 'gateway.twoSteps must be left out'],
    [
      'two steps without kept keys',
      { steps: 'two', keys: 'none' },
      { prepare() {}, seal() {} },
      'gateway.contract.steps must be',
    ],
    [
      'two steps without lookups',
      { steps: 'two', lookup: false },
      { prepare() {}, seal() {} },
      'gateway.contract.steps must be',
    ],
    [
      'two steps without a seal',
      { steps: 'two' },
      { prepare() {} },
      'gateway.twoSteps.seal must be a function',
    ],
    ['no object for two steps', {}, 7, 'gateway.twoSteps must be an object'],
  ])('is refused if it has %s', (_what, terms, twoSteps, complaint) => {
    const given = {
      ...gateway,
      contract: { ...contract, ...terms },
      ...(twoSteps === undefined ? {} : { twoSteps }),
    };
    expect(problems({ gateway: given })).toContainEqual(expect.stringContaining(complaint));
  });

  const facts = { ...contract, keys: 'none' as const };
  const { keys, ...others } = facts;
  class Facts {
    steps = contract.steps;
    keyWindowMs = contract.keyWindowMs;
    lookupLagMs = contract.lookupLagMs;
    landsWithinMs = contract.landsWithinMs;
    cachesErrors = contract.cachesErrors;
    lookup = contract.lookup;
    get keys() {
      return keys;
    }
  }
  test.each([
    ['a getter of a class', new Facts()],
    ['inherited', Object.assign(Object.create({ keys }), others)],
    ['hidden from loops', Object.defineProperty({ ...others }, 'keys', { value: keys })],
    ['own, without a prototype', Object.assign(Object.create(null), facts)],
    ['of another realm', runInNewContext(`(${JSON.stringify(facts)})`)],
  ])('keeps every fact of its contract: one that is %s', (_how, given) => {
    const settings = read({ gateway: { ...gateway, contract: given } });
    expect(settings.gateway.contract).toEqual(facts);
  });

  test('is read once, so that what was checked is what decides', () => {
    const said = { keys: ['none', 'kept'], name: ['mine', 'two words'], livemode: [false, true] };
    const next = (what: keyof typeof said) => () => said[what].shift();
    const given = Object.defineProperty({ ...others }, 'keys', { get: next('keys') });
    const adapter = { ...gateway, contract: given };
    Object.defineProperty(adapter, 'name', { get: next('name') });
    Object.defineProperty(adapter, 'livemode', { get: next('livemode') });
    const settings = read({ gateway: adapter });
    expect(settings.gateway).toMatchObject({ name: 'mine', livemode: false, contract: { keys: 'none' } });
    expect(settings.gateway).toMatchObject({ name: 'mine', livemode: false, contract: { keys: 'none' } });
  });

  test('keeps its address, and a change of it is accepted only if it is wished', () => {
    const settings = read({ gateway: { ...gateway, address: 'https://a/v1' } });
    expect([settings.gateway.address, settings.acceptGatewayChange]).toEqual(['https://a/v1', false]);
    expect(read({ acceptGatewayChange: true }).acceptGatewayChange).toBe(true);
    expect(problems({ acceptGatewayChange: 'yes' })).toEqual(['acceptGatewayChange must be true or false']);
  });

  test('that changes its contract afterwards changes nothing', () => {
    const given = { ...facts };
    const settings = read({ gateway: { ...gateway, contract: given } });
    Object.assign(given, { keys: 'kept' });
    expect(settings.gateway.contract).toEqual(facts);
  });

  test('has the name of the fake one only where it moves no real money', () => {
    const named = (livemode?: boolean) => ({ gateway: { ...gateway, name: 'fake', livemode } });
    for (const wrong of [named(), named(true)])
      expect(problems(wrong)).toEqual([expect.stringContaining('gateway.name must not be "fake"')]);
    expect(problems(named(false))).toEqual([]);
  });

  test('and the limits and the policy count where they are inherited, too', () => {
    const policy = Object.create({ maxAttempts: 1 });
    const settings = readOptions(Object.create({ pool: poolOf(), gateway, maxCalls: 3, policy }));
    expect([settings.maxCalls, settings.policy.maxAttempts]).toEqual([3, 1]);
  });
});
