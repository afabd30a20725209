/** Refunds: each is made on an intent, and found in the list of that intent's refunds, by our key in its metadata. */
import type { CallOutcome, NotSent } from '../../domain/outcomes.ts';
import {
  judgeRefundCall,
  judgeRefundLookup,
  type RefundRequest,
  type ReportedRefund,
} from '../../domain/refund-outcomes.ts';
import type { ExchangeOptions, Refunds } from '../../ports/gateway.ts';
import type { JsonObject } from '../http/json.ts';
import { toStripe } from './amounts.ts';
import { read, type Stale } from './answer.ts';
import { followUpFailed, type NoAnswer } from './errors.ts';
import { readList } from './lists.ts';
import { retrieve } from './lookups.ts';
import { isStripeId, parseRefund, type Refund } from './objects.ts';
import { createRefund, listRefunds } from './requests.ts';
import { REFUND_STATUSES } from './table.ts';
import type { Wire } from './wire.ts';

export function createRefunds(wire: Wire): Refunds {
  return {
    async call(request, limits) {
      if (!isStripeId(request.chargeRef)) return { kind: 'refused', reason: 'charge_id_unusable' };
      const amount = toStripe(request.amountMinor, request.currency);
      if (amount === null) return { kind: 'declined', code: 'amount_not_refundable' };
      const result = await wire.post(createRefund(request, amount), limits);
      const reading = read(result, request.key, Date.now());
      if (reading.kind !== 'object') return followUpFailed(reading);
      return judgeMade(request, reading.object, reading.stale);
    },
    async lookup(request, options) {
      const refunds = await refundsOf(wire, request.chargeRef, options);
      if (!Array.isArray(refunds)) return refunds;
      return judgeRefundLookup(
        request,
        refunds.filter(({ key }) => key === request.key),
      );
    },
    async refunded({ chargeRef, currency, reference }, options) {
      const untilMs = performance.now() + options.timeoutMs;
      const refunds = await refundsOf(wire, chargeRef, options);
      if (!Array.isArray(refunds)) return refunds;
      if (refunds.some((one) => one.currency !== currency)) return unavailable('currency_mismatch');
      const counted = refunds.filter(({ status }) => status === 'succeeded' || status === 'pending');
      const sumMinor = counted.reduce((sum, one) => sum + one.amountMinor, 0);
      const others = counted.filter((one) => one.reference !== reference);
      if (others.length === 0) return { kind: 'refunded', amountMinor: sumMinor };
      const timeoutMs = untilMs - performance.now();
      const restMinor = await uncapturedOf(wire, chargeRef, { timeoutMs });
      if (typeof restMinor !== 'number') return restMinor;
      const isListed = others.some(({ amountMinor }) => amountMinor === restMinor);
      return { kind: 'refunded', amountMinor: isListed ? sumMinor - restMinor : sumMinor };
    },
  };
}

function judgeMade(request: RefundRequest, object: JsonObject, stale: Stale | null): CallOutcome {
  const refund = parseRefund(object);
  if (refund === undefined) return { kind: 'unknown', answered: false, reason: 'unparseable_answer' };
  const reported = reportedOf(refund);
  if (reported === undefined) return { kind: 'unknown', answered: false, reason: 'status_unknown' };
  // It was made, but it may have failed since. The list shows it as it is now.
  if (stale !== null) return { kind: 'unknown', answered: stale === 'replayed', reason: `${stale}_answer` };
  return judgeRefundCall(request, reported);
}

/** All refunds of the intent, by whoever made them. */
async function refundsOf(
  wire: Wire,
  intent: string,
  options: ExchangeOptions,
): Promise<ReportedRefund[] | NoAnswer | NotSent> {
  if (!isStripeId(intent)) return unavailable('charge_id_unusable');
  const untilMs = performance.now() + options.timeoutMs;
  const page = (after: string | null) => listRefunds(intent, after);
  const listed = await readList(wire, { page, parse: parseRefund, isLast: () => false }, options);
  if (listed.kind !== 'list') return listed;
  // One that succeeded may have failed since, so an old or incomplete list proves nothing at all.
  if (listed.flaw !== null) return unavailable(listed.flaw);
  if (listed.entries.length === 0) {
    // Stripe does not promise an error for an intent that it does not know. Another account's list would be empty, too.
    const known = await retrieve(wire, intent, { timeoutMs: untilMs - performance.now() });
    if (known.kind !== 'intent') return known;
  }
  const refunds: ReportedRefund[] = [];
  for (const refund of listed.entries) {
    if (refund.intent !== intent) return unavailable('answer_about_another_charge');
    const reported = reportedOf(refund);
    if (reported === undefined) return unavailable('status_unknown');
    refunds.push(reported);
  }
  return refunds;
}

/** How much was held and not captured, in minor units. Stripe lists that as a refund, but the money was never taken. */
async function uncapturedOf(
  wire: Wire,
  intent: string,
  options: ExchangeOptions,
): Promise<number | NoAnswer | NotSent> {
  const retrieved = await retrieve(wire, intent, options);
  if (retrieved.kind !== 'intent') return retrieved;
  if (retrieved.flaw !== null) return unavailable(retrieved.flaw);
  const { manual, amountMinor, receivedMinor } = retrieved.intent;
  return manual && receivedMinor > 0 ? amountMinor - receivedMinor : 0;
}

function reportedOf(refund: Refund): ReportedRefund | undefined {
  const status = REFUND_STATUSES.get(refund.status);
  if (status === undefined) return undefined;
  const { id, amountMinor, currency, reference, key, intent, failureCode } = refund;
  return {
    id,
    status,
    amountMinor,
    currency,
    reference,
    key,
    chargeRef: intent,
    ...(failureCode === undefined ? {} : { code: failureCode }),
  };
}

function unavailable(reason: string): NoAnswer {
  return { kind: 'unavailable', reason };
}
