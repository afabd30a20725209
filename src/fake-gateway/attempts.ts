/** One attempt at an effect (a charge, a refund …), with everything that can go wrong. */
import type { CurrentSettings } from './faults/current.ts';
import { type AnswerFault, answerFault, delayOf, latencyMs } from './faults/decide.ts';
import { draw } from './faults/random.ts';
import type { FaultSettings } from './faults/settings.ts';
import type { MagicToken } from './faults/tokens.ts';
import type { Ledger } from './ledger/port.ts';
import type { Sleeper } from './sleep.ts';
import { answer, DROP, type Wire } from './wire.ts';

interface Subject {
  /** The name of the effect. Attempts are counted and faults are drawn by it. */
  readonly key: string;
  /** The key that the caller sent; errors repeat it. */
  readonly idempotencyKey: string;
  /** What no two attempts may change at the same time, whatever their keys. Default: nothing. */
  readonly object?: string;
  /** What the charge's method does to the effect; null: the rates apply. */
  readonly magic: MagicToken | null;
  /** Whether the attempt's number matters even if nothing goes wrong. */
  readonly numbered: (settings: FaultSettings) => boolean;
}

/** Has the effect, and returns the correct answer. */
type Effect = (context: {
  readonly settings: FaultSettings;
  readonly fault: AnswerFault | null;
  /** 1, if it was not counted. */
  readonly attempt: number;
}) => Promise<Wire>;

/** What a protocol says where the attempt has not come to its effect, or where the answer is replaced. */
export interface Voice {
  failure(idempotencyKey: string): Wire;
  unauthorized(idempotencyKey: string): Wire;
  rateLimited(idempotencyKey: string, retryAfterSeconds: number): Wire;
  /** Another attempt with the same key is under way. */
  keyInUse(idempotencyKey: string): Wire;
  /** Another attempt changes the same object. */
  objectInUse(idempotencyKey: string): Wire;
}

export type RunAttempt = (subject: Subject, effect: Effect) => Promise<Wire>;

export function createAttempts(
  ledger: Ledger,
  current: CurrentSettings,
  sleeper: Sleeper,
  voice: Voice,
): RunAttempt {
  /** The keys that this process is working on. Between processes, the ledger's unique key decides. */
  const inProgress = new Set<string>();
  const objectsInUse = new Set<string>();

  async function attemptOf(subject: Subject, settings: FaultSettings) {
    const first = answerFault(settings, subject.key, subject.magic, 1);
    // A first attempt that goes well needs no number, because it is the only one that has an effect. So the common case costs no
    // statement, and the numbers of the others are right across processes and restarts.
    if (first === null && !subject.numbered(settings)) return { attempt: 1, fault: first };
    const attempt = await ledger.countAttempt(subject.key);
    return { attempt, fault: answerFault(settings, subject.key, subject.magic, attempt) };
  }

  async function runAlone(subject: Subject, settings: FaultSettings, effect: Effect): Promise<Wire> {
    const { attempt, fault } = await attemptOf(subject, settings);
    const waitMs = latencyMs(settings, 'latency', subject.key, attempt);
    if (waitMs > 0 && !(await sleeper.sleep(waitMs))) return DROP;
    switch (fault) {
      case 'error_before':
        return voice.failure(subject.idempotencyKey);
      case 'drop_before':
        return DROP;
      case 'unauthorized':
        return voice.unauthorized(subject.idempotencyKey);
      case 'rate_limited':
        return voice.rateLimited(subject.idempotencyKey, Math.ceil(delayOf(settings, fault) / 1000));
      default:
        return effect({ settings, fault, attempt });
    }
  }

  /** Applies the faults that come after the effect, such as a lost answer. The key is no longer in progress by now. */
  async function deliver(
    honest: Wire,
    fault: AnswerFault | null,
    { key, idempotencyKey }: Subject,
    settings: FaultSettings,
  ): Promise<Wire> {
    if (honest.kind !== 'answer') return honest;
    switch (fault) {
      case 'error_after':
        return voice.failure(idempotencyKey);
      case 'drop_after':
      case 'lands_late':
        return DROP;
      case 'lost_answer':
        return { kind: 'hold', ms: delayOf(settings, fault) };
      case 'slow_answer':
        return (await sleeper.sleep(delayOf(settings, fault))) ? honest : DROP;
      case 'dripping_answer':
        return { ...honest, kind: 'drip', ms: delayOf(settings, fault) };
      case 'truncated_answer':
        return { ...honest, kind: 'truncate' };
      case 'garbage_answer':
        return answer(200, garbage(draw(settings.seed, 'garbage', key, 0)));
      default:
        return honest;
    }
  }

  return async (subject, effect) => {
    const known = current.get();
    const settings = known instanceof Promise ? await known : known;
    const { key, object } = subject;
    if (inProgress.has(key)) return voice.keyInUse(subject.idempotencyKey);
    if (object !== undefined && objectsInUse.has(object)) return voice.objectInUse(subject.idempotencyKey);
    inProgress.add(key);
    if (object !== undefined) objectsInUse.add(object);
    let fault: AnswerFault | null = null;
    let honest: Wire;
    try {
      honest = await runAlone(subject, settings, (context) => {
        fault = context.fault;
        return effect(context);
      });
    } finally {
      inProgress.delete(key);
      if (object !== undefined) objectsInUse.delete(object);
    }
    return fault === null ? honest : deliver(honest, fault, subject, settings);
  };
}

/** Three kinds of nonsense that real gateways send with a 200. */
function garbage(chance: number): string {
  if (chance < 1 / 3) return '<!doctype html><title>OK</title><h1>Service temporarily unavailable</h1>';
  if (chance < 2 / 3) return '{"ok":true}';
  return '\u0000\u0001{"id":"ch_';
}
