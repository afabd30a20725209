/** Lookups by key: spelled in another way each time, so that no cache has their answer. */
import { randomInt } from 'node:crypto';
import type { EffectTerms, LookupOutcome, NotSent, ReportedEffect } from '../../domain/outcomes.ts';
import type { ExchangeOptions } from '../../ports/gateway.ts';
import type { Effect } from './effects.ts';
import { judgeLookupExchange, namesKey, unavailable } from './lookups.ts';
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
 * A gateway that does not decode the key would find nothing. If its empty list names the key, it has decoded it. If not, it is asked for
 * the plain key too, and only both answers together show that there is nothing. One that does not take the spelling at all is asked for the
 * plain key only: it answers with an error, or names the key as it was written.
 */
export function createLookUpByKey(wire: Wire, livemode: boolean): LookUpByKey {
  /** Whether the gateway's empty lists have named their key so far. If not, both questions are sent at once. */
  let isNamed = true;

  return async (effect, request, { timeoutMs }) => {
    const untilMs = performance.now() + timeoutMs;

    async function ask(key: string, leftMs: number): Promise<LookupOutcome | NotSent> {
      const { result, isOld } = await wire.ask(`/${effect.kind.name}s${byKey(key)}`, { timeoutMs: leftMs });
      const outcome = judgeLookupExchange(effect, request, result, { wallMs: Date.now(), livemode, isOld });
      if (outcome.kind === 'absent' && !namesKey(result)) isNamed = false;
      return outcome;
    }

    const plain = encodeURIComponent(request.key);
    if (!isNamed)
      return together(await Promise.all([ask(spelled(request.key), timeoutMs), ask(plain, timeoutMs)]));
    const first = await ask(spelled(request.key), timeoutMs);
    const isUnnamed = first.kind === 'absent' && !isNamed;
    if (!isUnnamed && !isNotTaken(first)) return first;
    const leftMs = Math.floor(untilMs - performance.now());
    return leftMs < 1 ? unavailable('timeout') : together([first, await ask(plain, leftMs)]);
  };
}

type Shown = LookupOutcome | NotSent;

/** What both answers show. Money counts first. Nothing is there only if neither shows anything. */
function together([spelledSo, plain]: readonly [Shown, Shown]): Shown {
  const both = [spelledSo, plain];
  const money = both.find(({ kind }) => !NO_ANSWER.has(kind) && !NO_MONEY.has(kind));
  if (money !== undefined) return money;
  if (isNotTaken(spelledSo)) return plain;
  // The plain answer may be an old one, so it does not stand for a fresh one.
  return (
    both.find(({ kind }) => NO_ANSWER.has(kind)) ?? both.find(({ kind }) => kind !== 'absent') ?? spelledSo
  );
}

const NO_ANSWER: ReadonlySet<Shown['kind']> = new Set(['unavailable', 'forbidden', 'not_sent']);
const NO_MONEY: ReadonlySet<Shown['kind']> = new Set(['absent', 'declined', 'reversed']);

/** Whether the gateway, or a firewall before it, does not take the spelling. If the answer has another reason, the plain key gets the same. */
function isNotTaken(shown: Shown): boolean {
  return shown.kind === 'forbidden' || (shown.kind === 'unavailable' && NOT_TAKEN.has(shown.reason));
}

const NOT_TAKEN: ReadonlySet<string> = new Set([
  'answer_about_another_key',
  'http_400',
  'http_404',
  'http_422',
]);

/** One letter or digit in so many is written as its code. So a UUID has about 2^29 spellings. */
const ONE_IN = 4;

/** The key for a query, in a spelling that nobody has used before. */
function spelled(key: string): string {
  return encodeURIComponent(key).replace(/%..|[a-z0-9]/gi, (sign) => {
    if (sign.length > 1 || randomInt(ONE_IN) > 0) return sign;
    return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
