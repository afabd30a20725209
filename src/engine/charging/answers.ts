/** Settled answers: from the cache, from the key's own charge, or from the order's current charge. */
import { isMade, type Operation } from '../../domain/operation.ts';
import type { Order } from '../../domain/payment.ts';
import type { PaymentRecord, Situation, StoredAnswer, StoredKey } from '../../ports/store.ts';
import type { FrozenAnswer } from '../answer.ts';
import type { ChargeAnswer } from '../api.ts';
import { problem } from '../problem.ts';
import type { Charging, ClientRequest } from './request.ts';

/** Undefined: this process does not have the answer in memory. */
export function cachedAnswer({ cache }: Charging, order: Order, key: StoredKey): ChargeAnswer | undefined {
  const cached = cache.get(order.accountId, key.hash);
  if (cached === undefined) return undefined;
  if (cached.fingerprint !== key.fingerprint) return problem('idempotency_key_reused', null);
  const { frozen, paymentId, started } = cached;
  return { kind: 'settled', frozen, paymentId, started, replayed: true };
}

/** The frozen answer, which is kept in the cache for as long as it may be given. */
export function settled(
  { cache }: Charging,
  request: ClientRequest,
  { paymentId }: PaymentRecord,
  frozen: FrozenAnswer,
  { started, freshForMs }: { readonly started: boolean; readonly freshForMs: number },
): ChargeAnswer {
  const { key, order, boundHere } = request;
  if (key !== null && freshForMs > 0) {
    cache.put(
      order.accountId,
      key.hash,
      { fingerprint: key.fingerprint, frozen, paymentId, started },
      freshForMs,
    );
  }
  return { kind: 'settled', frozen, paymentId, started, replayed: key !== null && !boundHere };
}

/** The answer of the charge that the key is bound to. */
export function replay(
  charging: Charging,
  request: ClientRequest,
  { key, payment }: Situation,
): ChargeAnswer {
  const answer = key?.answer;
  if (!answer || payment === null) throw new Error('A replay without an answer.');
  const { freshForMs, ...frozen } = answer;
  return settled(charging, request, payment, frozen, { started: key.started, freshForMs });
}

/**
 * The frozen answer of the current charge, if it is still kept and agrees with the payment's status. It does not
 * agree if a charge failed and its money turned up later: the keys bound to that charge keep its first answer, and
 * no other key gets it. Nor does it agree if what was authorised has been captured or voided since.
 */
export function frozenOf({ answer, operation }: PaymentRecord): StoredAnswer | null {
  if (answer === null || (answer.problem === null) !== isMade(operation.status)) return null;
  return isGoneOn(operation) ? null : answer;
}

function isGoneOn({ manual, status }: Operation): boolean {
  return manual === true && (status === 'COMPLETED' || status === 'VOIDED');
}
