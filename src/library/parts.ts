/** Checks the two parts that a caller provides: the pool and the gateway adapter. */
import { contractProblems } from '../domain/contract-check.ts';
import { harmlessName } from '../domain/fields.ts';
import { declaredBy } from '../engine/declared.ts';
import type { Captures, Gateway, Refunds, TwoSteps } from '../ports/gateway.ts';
import { fieldOf } from './fields.ts';
import type { InputProblem } from './input-error.ts';
import { readContract } from './read-contract.ts';

type Thing = Readonly<Record<string, unknown>>;

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null;
}

/** A usable `pg` pool: no client, no address, not ended, with at least two connections. */
export function checkPool(pool: unknown, errors: InputProblem[]): void {
  const detail = poolComplaint(pool);
  if (detail !== null) errors.push({ field: 'pool', detail });
}

function poolComplaint(pool: unknown): string | null {
  if (pool === undefined) return 'is required: a Pool of pg';
  if (!isThing(pool) || !['connect', 'query', 'on'].every((name) => typeof pool[name] === 'function'))
    return 'must be a Pool of pg, such as new pg.Pool({ connectionString })';
  const { options } = pool;
  if (typeof pool.totalCount !== 'number' || !isThing(options))
    return 'must be a Pool of pg, not a Client: one connection cannot charge and recover at once';
  if (pool.ending === true || pool.ended === true) return 'has been ended; give one that is open';
  // Pools take a number that is written as text, too.
  if (options.max !== undefined && !(Number(options.max) >= 2))
    return 'must have at least two connections (max)';
  return options.binary ? 'must not ask for binary results (binary: true)' : null;
}

/** It is stored with every payment. */
const ADAPTER_NAME = /^[\x21-\x7e]{1,64}$/;
const ADDRESS = /^[\x21-\x7e]{1,2000}$/;

/** The fake gateway’s name: payments under it count as test payments. */
const RESERVED_NAME = 'fake';

/**
 * The checked adapter. Its name, mode and contract are read once, so that they cannot change afterwards. Null: it cannot be used.
 */
export function readGateway(gateway: unknown, errors: InputProblem[]): Gateway | null {
  if (!isThing(gateway)) {
    errors.push({
      field: 'gateway',
      detail: 'is required: an adapter with name, contract, call, lookup and close',
    });
    return null;
  }
  const name = fieldOf(gateway, 'name');
  const livemode = fieldOf(gateway, 'livemode');
  if (typeof name !== 'string' || !ADAPTER_NAME.test(name) || harmlessName(name) === null)
    errors.push({ field: 'gateway.name', detail: 'must be 1 to 64 visible ASCII characters without spaces' });
  if (name === RESERVED_NAME && livemode !== false)
    errors.push({
      field: 'gateway.name',
      detail: 'must not be "fake" for a gateway that moves real money: it is the fake gateway’s name',
    });
  for (const method of ['call', 'lookup', 'close']) {
    if (typeof gateway[method] !== 'function')
      errors.push({ field: `gateway.${method}`, detail: 'must be a function' });
  }
  if (livemode !== undefined && typeof livemode !== 'boolean')
    errors.push({ field: 'gateway.livemode', detail: 'must be true or false, or left out' });
  const address = fieldOf(gateway, 'address');
  if (address !== undefined && (typeof address !== 'string' || !ADDRESS.test(address)))
    errors.push({
      field: 'gateway.address',
      detail: 'must be 1 to 2,000 visible ASCII characters without spaces, or left out',
    });
  const credentials = fieldOf(gateway, 'credentials');
  if (credentials !== undefined && typeof credentials !== 'string')
    errors.push({ field: 'gateway.credentials', detail: 'must be the name of a setting, or left out' });
  const refuses = fieldOf(gateway, 'refuses');
  if (refuses !== undefined && typeof refuses !== 'function')
    errors.push({ field: 'gateway.refuses', detail: 'must be a function, or left out' });
  const refunds = readRefunds(fieldOf(gateway, 'refunds'), errors);
  const captures = readCaptures(fieldOf(gateway, 'captures'), errors);
  const webhooks = fieldOf(gateway, 'webhooks');
  if (webhooks !== undefined && typeof webhooks !== 'function')
    errors.push({ field: 'gateway.webhooks', detail: 'must be a function, or left out' });
  const twoSteps = readTwoSteps(fieldOf(gateway, 'twoSteps'), errors);
  const contract = readContract(fieldOf(gateway, 'contract'), errors);
  if (contract === null || typeof name !== 'string') return null;
  const adapter = gateway as unknown as Gateway;
  const read: Gateway = {
    name,
    contract,
    ...(typeof livemode === 'boolean' ? { livemode } : {}),
    ...(typeof address === 'string' ? { address } : {}),
    ...(typeof credentials === 'string' ? { credentials } : {}),
    ...(refuses === undefined ? {} : { refuses: (order) => adapter.refuses?.(order) ?? null }),
    call: (request, options) => adapter.call(request, options),
    lookup: (request, options) => adapter.lookup(request, options),
    ...(twoSteps === null ? {} : { twoSteps }),
    ...(refunds === null ? {} : { refunds }),
    ...(captures === null ? {} : { captures }),
    ...(typeof webhooks === 'function'
      ? { webhooks: webhooks.bind(gateway) as NonNullable<Gateway['webhooks']> }
      : {}),
    close: () => adapter.close(),
  };
  for (const { field, detail } of contractProblems(declaredBy(read)))
    errors.push({ field: `gateway.${field}`, detail });
  return read;
}

/** Null: the gateway takes no refunds, or what it gives for them cannot be used. */
function readRefunds(refunds: unknown, errors: InputProblem[]): Refunds | null {
  if (refunds === undefined) return null;
  if (!isThing(refunds)) {
    errors.push({ field: 'gateway.refunds', detail: 'must be an object with call and lookup, or left out' });
    return null;
  }
  for (const method of ['call', 'lookup']) {
    if (typeof refunds[method] !== 'function')
      errors.push({ field: `gateway.refunds.${method}`, detail: 'must be a function' });
  }
  if (refunds.refunded !== undefined && typeof refunds.refunded !== 'function')
    errors.push({ field: 'gateway.refunds.refunded', detail: 'must be a function, or left out' });
  return refunds as unknown as Refunds;
}

/** Null: the gateway cannot authorise first, or what it gives for captures cannot be used. */
function readCaptures(captures: unknown, errors: InputProblem[]): Captures | null {
  if (captures === undefined) return null;
  if (!isThing(captures)) {
    errors.push({
      field: 'gateway.captures',
      detail: 'must be an object with capture and void, or left out',
    });
    return null;
  }
  for (const kind of ['capture', 'void']) {
    const effect = captures[kind];
    for (const method of ['call', 'lookup'])
      if (!isThing(effect) || typeof effect[method] !== 'function')
        errors.push({ field: `gateway.captures.${kind}.${method}`, detail: 'must be a function' });
  }
  return captures as unknown as Captures;
}

/** Null: the gateway charges in one step, or what it gives for two cannot be used. */
function readTwoSteps(twoSteps: unknown, errors: InputProblem[]): TwoSteps | null {
  if (twoSteps === undefined) return null;
  if (!isThing(twoSteps)) {
    errors.push({
      field: 'gateway.twoSteps',
      detail: 'must be an object with prepare and seal, or left out',
    });
    return null;
  }
  for (const method of ['prepare', 'seal']) {
    if (typeof twoSteps[method] !== 'function')
      errors.push({ field: `gateway.twoSteps.${method}`, detail: 'must be a function' });
  }
  return twoSteps as unknown as TwoSteps;
}
