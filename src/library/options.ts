/** The options of `createPayonce`, or everything that is wrong with them. */
import type { Pool } from 'pg';
import { MAX_GIVE_UP_S } from '../domain/order-rules.ts';
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import { atOnce } from './at-once.ts';
import { type Fields, fieldName, fieldsOf, type Range, refuseUnknown, wholeNumber } from './fields.ts';
import { type InputProblem, PayonceInputError } from './input-error.ts';
import { checkPool, readGateway } from './parts.ts';

/** The options of `createPayonce`. All but `pool` and `gateway` have a default. Numbers are whole; durations are in milliseconds. */
export interface PayonceOptions {
  /**
   * A `pg` pool to PostgreSQL 14 or newer, with at least two connections. Payonce never closes it. Give Payonce a pool of its own, with an
   * `error` listener. Other code could change a session's settings, or leave a transaction open; Payonce closes such a connection.
   */
  readonly pool: Pool;
  /** The adapter of your payment gateway: `createHttpGateway`, or your own. Payonce never closes it. */
  readonly gateway: Gateway;
  /** The numbers of the decisions that you want to change. Default: the defaults of `Policy`. */
  readonly policy?: Partial<Omit<Policy, 'contract' | 'leaseMs'>> | undefined;
  /** A call to the gateway that takes longer is given up: at least 50. Default 10,000. */
  readonly callTimeoutMs?: number | undefined;
  /**
   * How long a worker holds a payment: at least `callTimeoutMs` + 500. After a crash, no other worker takes over its payments before
   * this time. Default 15,000.
   */
  readonly leaseMs?: number | undefined;
  /** The most calls under way at once: 1 to 100,000. Default 256. */
  readonly maxCalls?: number | undefined;
  /** The most lookups under way at once: 1 to 100,000. Default 64. */
  readonly maxLookups?: number | undefined;
  /** How many frozen answers are kept in memory, up to 10,000,000; 0: none. Default 50,000. */
  readonly cacheEntries?: number | undefined;
  /**
   * How long a key gets its first answer again: 1,000 (a second) to 345,600,000,000 (4,000 days). After that the key is refused with
   * `result_expired`; the payment itself is kept for ever. Default 2,592,000,000 (30 days).
   */
  readonly answerRetentionMs?: number | undefined;
  /** A statement that takes longer is cancelled at the database: at least 100. Default 5,000. */
  readonly databaseTimeoutMs?: number | undefined;
  /** The pause between two searches for payments that are due: at least 10. Default 500. */
  readonly sweepMs?: number | undefined;
  /**
   * Whether to start although the gateway has another `address` than at the last start, while payments or refunds are open there. Set it for
   * one start, if it is the same gateway with the same charges. Default `false`.
   */
  readonly acceptGatewayChange?: boolean | undefined;
  /** Where the engine logs; a pino logger fits. Default: nowhere. */
  readonly log?: Log | undefined;
}

/** The longest delay of setTimeout. */
const MAX_WAIT_MS = 2 ** 31 - 1;
const MANY = 100_000;
/** The last moment of a JavaScript Date. */
const MAX_MOMENT = 8_640_000_000_000_000;

/** The bounds are those of the service's settings with the same meaning. */
const NUMBERS = {
  callTimeoutMs: { min: 50, max: MAX_WAIT_MS, otherwise: 10_000 },
  leaseMs: { min: 100, max: MAX_WAIT_MS, otherwise: 15_000 },
  maxCalls: { min: 1, max: MANY, otherwise: 256 },
  maxLookups: { min: 1, max: MANY, otherwise: 64 },
  cacheEntries: { min: 0, max: 10_000_000, otherwise: 50_000 },
  answerRetentionMs: { min: 1000, max: 4000 * 86_400_000, otherwise: 30 * 86_400_000 },
  databaseTimeoutMs: { min: 100, max: MAX_WAIT_MS, otherwise: 5000 },
  sweepMs: { min: 10, max: MAX_WAIT_MS, otherwise: 500 },
} as const satisfies Record<string, Range>;

/** The bounds of policy numbers. Without an entry: from 0 on. */
const POLICY_LEAST: Partial<Record<string, Pick<Range, 'min'> & Partial<Range>>> = {
  maxAttempts: { min: 1, max: 100 },
  backoffBaseMs: { min: 1 },
  backoffCapMs: { min: 1 },
  callDeadlineMs: { min: 1000 },
  giveUpAfterS: { min: 0, max: MAX_GIVE_UP_S },
  forbiddenPauseMs: { min: 100 },
  lookupBaseMs: { min: 10 },
  lookupCapMs: { min: 10 },
  pendingPollMs: { min: 10 },
  actionWithinMs: { min: 1000 },
  reviewLookupMs: { min: 1000 },
};

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

export interface Settings extends Numbers {
  readonly pool: Pool;
  readonly gateway: Gateway;
  readonly policy: Omit<Policy, 'contract' | 'leaseMs'>;
  readonly acceptGatewayChange: boolean;
  readonly log: Log;
}

const SILENT: Log = { info() {}, warn() {}, error() {} };

/** Throws `PayonceInputError` with everything that is wrong. */
export function readOptions(options: unknown): Settings {
  const known = ['pool', 'gateway', 'policy', 'acceptGatewayChange', 'log', ...Object.keys(NUMBERS)];
  const fields = fieldsOf(options, known);
  if (fields === null) {
    const detail = 'must be an object with pool and gateway';
    throw new PayonceInputError('invalid_options', [{ field: '', detail }]);
  }
  const errors: InputProblem[] = [];
  refuseUnknown(fields, known, errors);
  checkPool(fields.get('pool'), errors);
  const gateway = readGateway(fields.get('gateway'), errors);
  const numbers = readNumbers(fields, errors);
  const policy = readPolicy(fields.get('policy'), errors);
  const acceptGatewayChange = fields.get('acceptGatewayChange') ?? false;
  if (typeof acceptGatewayChange !== 'boolean')
    errors.push({ field: 'acceptGatewayChange', detail: 'must be true or false' });
  const log = readLog(fields.get('log'), errors);
  if (gateway === null || errors.length > 0) throw new PayonceInputError('invalid_options', errors);
  return {
    pool: fields.get('pool') as Pool,
    gateway,
    policy,
    acceptGatewayChange: acceptGatewayChange === true,
    log,
    ...numbers,
  };
}

function readNumbers(fields: Fields, errors: InputProblem[]): Numbers {
  const entries = Object.entries(NUMBERS).map(([name, range]) => [
    name,
    wholeNumber(fields, name, range, errors),
  ]);
  const numbers = Object.fromEntries(entries) as Numbers;
  const least = numbers.callTimeoutMs + 500;
  if (numbers.leaseMs < least)
    errors.push({ field: 'leaseMs', detail: `must be at least callTimeoutMs + 500, which is ${least}` });
  return numbers;
}

function readPolicy(value: unknown, errors: InputProblem[]): Settings['policy'] {
  if (value === undefined) return DEFAULT_POLICY;
  const fields = fieldsOf(value, Object.keys(DEFAULT_POLICY));
  if (fields === null) {
    errors.push({ field: 'policy', detail: 'must be an object of numbers' });
    return DEFAULT_POLICY;
  }
  refuseUnknown(fields, Object.keys(DEFAULT_POLICY), errors, ['policy']);
  const found: InputProblem[] = [];
  const entries = Object.entries<number | null>(DEFAULT_POLICY).map(([name, otherwise]) => {
    if (otherwise === null) return [name, readMoment(fields, name, found)];
    const range = { min: 0, max: MAX_WAIT_MS, otherwise, ...POLICY_LEAST[name] };
    return [name, wholeNumber(fields, name, range, found)];
  });
  errors.push(...found.map(({ field, detail }) => ({ field: fieldName(['policy', field]), detail })));
  return Object.fromEntries(entries) as Settings['policy'];
}

/** Milliseconds since the Unix epoch. Null: it is null or absent. */
function readMoment(fields: Fields, name: string, errors: InputProblem[]): number | null {
  if ((fields.get(name) ?? null) === null) return null;
  return wholeNumber(fields, name, { min: 0, max: MAX_MOMENT, otherwise: 0 }, errors);
}

function readLog(value: unknown, errors: InputProblem[]): Log {
  if (value === undefined) return SILENT;
  const log = value as Partial<Record<keyof Log, unknown>> | null;
  const isLog = (['info', 'warn', 'error'] as const).every((level) => typeof log?.[level] === 'function');
  if (!isLog) errors.push({ field: 'log', detail: 'must have the functions info, warn and error' });
  return unfailing(value as Log);
}

/** A line that cannot be written must not stop a payment, nor end the caller's process, whether that is found at once or later. */
function unfailing(log: Log): Log {
  const write =
    (level: keyof Log): Log[typeof level] =>
    (...line) => {
      try {
        atOnce(log[level](...line));
      } catch {
        // There is nowhere to tell it.
      }
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
