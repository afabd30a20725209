/** Checks the two parts that a caller provides: the pool and the gateway adapter. */
import type { GatewayContract } from '../domain/contract.ts';
import { harmlessName } from '../domain/fields.ts';
import type { Captures, Gateway, Refunds } from '../ports/gateway.ts';
import { fieldOf, fieldsOf, refuseUnknown, wholeNumber } from './fields.ts';
import type { InputProblem } from './input-error.ts';

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
  if (typeof options.max === 'number' && !(options.max >= 2))
    return 'must have at least two connections (max)';
  return options.binary === true ? 'must not ask for binary results (binary: true)' : null;
}

/** It is stored with every payment. */
const ADAPTER_NAME = /^[\x21-\x7e]{1,64}$/;

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
  const refunds = readRefunds(fieldOf(gateway, 'refunds'), errors);
  const captures = readCaptures(fieldOf(gateway, 'captures'), errors);
  const contract = readContract(fieldOf(gateway, 'contract'), errors);
  if (contract === null || typeof name !== 'string') return null;
  const adapter = gateway as unknown as Gateway;
  return {
    name,
    contract,
    ...(typeof livemode === 'boolean' ? { livemode } : {}),
    call: (request, options) => adapter.call(request, options),
    lookup: (request, options) => adapter.lookup(request, options),
    ...(refunds === null ? {} : { refunds }),
    ...(captures === null ? {} : { captures }),
    close: () => adapter.close(),
  };
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

const DURATIONS = ['keyWindowMs', 'lookupLagMs', 'landsWithinMs'] as const;
const FLAGS = ['cachesErrors', 'lookup'] as const;
const FACTS = ['keys', ...DURATIONS, ...FLAGS];
/** It has a default. */
const HELD_FOR = 'authorizedForMs';
/** A century: longer than any gateway promises. */
const MAX_MS = 100 * 365 * 86_400_000;

/** Every fact that decides about money is required: no default would be safe for all gateways. */
function readContract(contract: unknown, errors: InputProblem[]): GatewayContract | null {
  const fields = fieldsOf(contract, [...FACTS, HELD_FOR]);
  if (fields === null) {
    errors.push({ field: 'gateway.contract', detail: `must be an object with ${FACTS.join(', ')}` });
    return null;
  }
  refuseUnknown(fields, [...FACTS, HELD_FOR], errors, ['gateway', 'contract']);
  const keys = fields.get('keys');
  if (keys !== 'kept' && keys !== 'none')
    errors.push({ field: 'gateway.contract.keys', detail: "must be 'kept' or 'none'" });
  for (const flag of FLAGS) {
    if (typeof fields.get(flag) !== 'boolean')
      errors.push({ field: `gateway.contract.${flag}`, detail: 'must be true or false' });
  }
  for (const duration of DURATIONS) {
    const field = `gateway.contract.${duration}`;
    const value = fields.get(duration);
    if (value === undefined) errors.push({ field, detail: 'is required, in milliseconds' });
    else wholeNumber(new Map([[field, value]]), field, { min: 0, max: MAX_MS, otherwise: 0 }, errors);
  }
  const heldForMs = fields.get(HELD_FOR);
  const field = `gateway.contract.${HELD_FOR}`;
  wholeNumber(new Map([[field, heldForMs]]), field, { min: 1000, max: MAX_MS, otherwise: 1000 }, errors);
  const facts = heldForMs === undefined ? FACTS : [...FACTS, HELD_FOR];
  // If there is an error, this value is never used.
  return Object.fromEntries(facts.map((fact) => [fact, fields.get(fact)])) as unknown as GatewayContract;
}
