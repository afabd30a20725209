/** Lookups by key: spelled in another way each time, so that no cache has their answer. */
import type { EffectTerms, LookupOutcome, NotSent, ReportedEffect } from '../../domain/outcomes.ts';
import type { ExchangeOptions } from '../../ports/gateway.ts';
import type { Effect } from './effects.ts';
import { judgeLookupExchange, namedKey, unavailable } from './lookups.ts';
import { spelled } from './spelled.ts';
import { byKey, type Wire } from './wire.ts';

/** Asks for everything that the gateway has under the request's key. */
export type LookUpByKey = <Request extends EffectTerms, Reported extends ReportedEffect>(
  effect: Effect<Request, Reported>,
  request: Request,
  limits: ExchangeOptions,
) => Promise<LookupOutcome | NotSent>;

/**
 * Some caches ignore what a request forbids them, and their answers look new. They find what they have by its address. So the key in it is
 * spelled in another way each time, which means the same (RFC 3986, section 6.2.2.2).
 *
 * A gateway that does not decode the key would find nothing. If its empty list names the key, it has decoded it. If it names the key as it
 * was written, or none, it is asked for the plain key too, and only both answers together show that there is nothing.
 */
export function createLookUpByKey(wire: Wire, livemode: boolean): LookUpByKey {
  /** Whether the gateway's empty lists have named their key so far. If not, both questions are sent at once. */
  let isNamed = true;

  return async (effect, request, { timeoutMs }) => {
    const untilMs = performance.now() + timeoutMs;

    async function ask(key: string, leftMs: number): Promise<Shown> {
      const { result, isOld } = await wire.ask(`/${effect.kind.name}s${byKey(key)}`, { timeoutMs: leftMs });
      const named = namedKey(result);
      // It finds nothing under what was written, and it is asked for the plain key as well.
      const isUndecoded = named === key && key !== request.key;
      const judging = { wallMs: Date.now(), livemode, isOld };
      const outcome = judgeLookupExchange(
        effect,
        isUndecoded ? { ...request, key } : request,
        result,
        judging,
      );
      if (outcome.kind === 'absent' && named !== request.key) isNamed = false;
      return outcome;
    }

    const plain = encodeURIComponent(request.key);
    if (!isNamed) return together(await Promise.all([ask(spelled(plain), timeoutMs), ask(plain, timeoutMs)]));
    const first = await ask(spelled(plain), timeoutMs);
    if (first.kind !== 'absent' || isNamed) return first;
    const leftMs = Math.floor(untilMs - performance.now());
    return leftMs < 1 ? unavailable('timeout') : together([first, await ask(plain, leftMs)]);
  };
}

type Shown = LookupOutcome | NotSent;

/** What both answers show. Money counts first. The plain one may be old, so it does not stand for the other. */
function together(both: readonly [Shown, Shown]): Shown {
  return (
    both.find(({ kind }) => !NO_ANSWER.has(kind) && !NO_MONEY.has(kind)) ??
    both.find(({ kind }) => NO_ANSWER.has(kind)) ??
    both.find(({ kind }) => kind !== 'absent') ??
    both[0]
  );
}

const NO_ANSWER: ReadonlySet<Shown['kind']> = new Set(['unavailable', 'forbidden', 'not_sent']);
const NO_MONEY: ReadonlySet<Shown['kind']> = new Set(['absent', 'declined', 'reversed']);
