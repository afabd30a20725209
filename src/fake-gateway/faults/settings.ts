/** What goes wrong, how often and for how long: the body of `GET` and `PUT /_faults`. */
import { EXCLUSIVE_AXES, FAULT_NAMES, FAULTS, type FaultName, faultsOf } from './catalogue.ts';

/** How often one fault happens, and how long it takes. */
interface FaultSetting {
  /** The share of calls (keys, lookups, events) that it happens to: 0 to 1. */
  readonly rate: number;
  /** In milliseconds, up to 1,209,600,000 (two weeks). Absent if the fault has no delay. It applies to the fault's magic token, too. */
  readonly delay_ms?: number;
}

/**
 * Everything that may go wrong: the complete body of `GET` and `PUT /_faults`. Beside `seed` and `latency_ms`, it has one setting for
 * each fault.
 */
export type FaultSettings = {
  /** The seed of all randomness: a whole number from 0 to 2^53 - 1. The same seed and the same keys give the same faults. */
  readonly seed: number;
  /** How long every answer takes, at random between the two, in milliseconds up to 1,209,600,000. */
  readonly latency_ms: { readonly min: number; readonly max: number };
} & { readonly [N in FaultName]: FaultSetting };

/** The result of `parseFaultSettings`. */
export type ParsedSettings =
  /** It is valid. */
  | {
      readonly ok: true;
      /** The complete settings, defaults included. */
      readonly settings: FaultSettings;
    }
  /** It is not valid, and nothing of it is used. */
  | {
      readonly ok: false;
      /** Everything that is wrong, each in a short sentence. */
      readonly problems: readonly string[];
    };

/** Two weeks: a refund may fail days later, and a timer of Node holds no more than 24 days. */
const MAX_DELAY_MS = 14 * 86_400_000;

/**
 * The faults of the demo: 30 % failures, most of them before the charge, and some latency. They are those of the project that this grew
 * from. It fits `faults` in the options.
 */
export const DEMO_FAULTS = {
  latency_ms: { min: 50, max: 150 },
  error_before: 0.25,
  error_after: 0.05,
} as const;

/**
 * Makes complete settings from a description in which everything may be left out. Defaults: no latency, rates of 0, the delays of
 * `docs/fake-gateway.md`. A fault is given as `{"rate": 0.1, "delay_ms": 500}` or as its rate alone. Refuses unknown names, wrong types,
 * and rates of `answer`, `booking`, `refund`, `capture` or `void` faults that add up to more than 1. It reports all problems at once, and never throws.
 *
 * @param value the description, as in the body of `PUT /_faults`
 * @param seed used if the description has none
 *
 * @example
 * const parsed = parseFaultSettings({ error_after: 0.2, lands_late: { rate: 0.05, delay_ms: 2000 } }, 7);
 * if (!parsed.ok) throw new Error(parsed.problems.join('; '));
 */
export function parseFaultSettings(value: unknown, seed: number): ParsedSettings {
  if (!isObject(value)) return { ok: false, problems: ['the settings must be a JSON object'] };
  const problems: string[] = [];
  for (const name of Object.keys(value)) {
    if (name !== 'seed' && name !== 'latency_ms' && !Object.hasOwn(FAULTS, name)) {
      problems.push(`unknown setting "${name.slice(0, 64)}"`);
    }
  }
  const settings = {
    seed: parseSeed(given(value.seed, seed), problems),
    latency_ms: parseLatency(given(value.latency_ms, { min: 0, max: 0 }), problems),
    ...Object.fromEntries(
      FAULT_NAMES.map((name) => [name, parseFault(name, given(value[name], 0), problems)]),
    ),
  } as FaultSettings;
  for (const axis of EXCLUSIVE_AXES) {
    const sum = faultsOf(axis).reduce((total, name) => total + settings[name].rate, 0);
    // Ten rates of 0.1 do not add up to exactly 1.
    if (sum > 1 + 1e-9) problems.push(`the rates of the ${axis} faults add up to more than 1`);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, settings };
}

/** Like `parseFaultSettings`, for settings in a program. @throws TypeError that names every problem. */
export function faultSettings(value: unknown, seed: number): FaultSettings {
  const parsed = parseFaultSettings(value, seed);
  if (!parsed.ok)
    throw new TypeError(
      `The faults are not valid, and none is set: ${parsed.problems.join('; ')}. docs/fake-gateway.md lists them.`,
    );
  return parsed.settings;
}

function parseSeed(value: unknown, problems: string[]): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  problems.push('seed must be an integer from 0 to 9007199254740991');
  return 0;
}

function parseLatency(value: unknown, problems: string[]): FaultSettings['latency_ms'] {
  if (isObject(value) && Object.keys(value).every((name) => name === 'min' || name === 'max')) {
    const { min, max } = value;
    if (isDelay(min) && isDelay(max) && min <= max) return { min, max };
  }
  problems.push(`latency_ms must be {"min": …, "max": …}, integers from 0 to ${MAX_DELAY_MS}, min first`);
  return { min: 0, max: 0 };
}

function parseFault(name: FaultName, value: unknown, problems: string[]): FaultSetting {
  const fields = typeof value === 'number' ? { rate: value } : value;
  const { delayMs } = FAULTS[name];
  if (isObject(fields)) {
    const { rate = 0, delay_ms = delayMs, ...unknown } = fields;
    if (isRate(rate) && Object.keys(unknown).length === 0) {
      if (delayMs === null && delay_ms === null && !('delay_ms' in fields)) return { rate };
      if (delayMs !== null && isDelay(delay_ms)) return { rate, delay_ms };
    }
  }
  problems.push(
    delayMs === null
      ? `${name} must be a rate from 0 to 1, or {"rate": …}`
      : `${name} must be a rate from 0 to 1, or {"rate": …, "delay_ms": …} with up to ${MAX_DELAY_MS} ms`,
  );
  return { rate: 0 };
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** The default for a value that is left out; `null` is not left out. */
function given(value: unknown, otherwise: unknown): unknown {
  return value === undefined ? otherwise : value;
}

function isDelay(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_DELAY_MS;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
