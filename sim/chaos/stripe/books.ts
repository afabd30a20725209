/**
 * Stripe's objects in the judge's words. A charge is an intent: the payment shows the intent's id, and the charge's key is in the intent's
 * metadata. So the ledger's charges and refunds get these names.
 */
import type { Intent, LedgerCharge } from '../judge/case.ts';
import { endKey } from '../judge/names.ts';
import type { Arrival, Call, EndCall, RefundCall } from '../proxy/witness.ts';
import type { Write } from './writes.ts';

/** The words of Stripe's API that are read here. */
interface IntentObject {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface RefundObject {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface StripeBooks {
  readonly intents: readonly Intent[];
  /** The keys of refunds, by their ids. */
  readonly refundKeys: ReadonlyMap<string, string>;
}

/** Reads all intents and refunds at Stripe. Only while it has no faults. */
export async function readStripe(gateway: string): Promise<StripeBooks> {
  const [intents, refunds] = await Promise.all([
    readList<IntentObject>(`${gateway}/v1/payment_intents`),
    readList<RefundObject>(`${gateway}/v1/refunds`),
  ]);
  return {
    intents: intents.map(intentOf),
    refundKeys: new Map(refunds.map(({ id, metadata }) => [id, metadata.key ?? ''])),
  };
}

async function readList<T extends { readonly id: string }>(address: string): Promise<T[]> {
  const rows: T[] = [];
  for (let after = ''; ; ) {
    const answer = await fetch(`${address}?limit=100${after}`, {
      headers: { authorization: 'Bearer sk_test_judge' },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`);
    const page = (await answer.json()) as { readonly data: readonly T[]; readonly has_more: boolean };
    rows.push(...page.data);
    const last = page.data.at(-1);
    if (!page.has_more || last === undefined) return rows;
    after = `&starting_after=${last.id}`;
  }
}

function intentOf({ id, status, amount, currency, metadata }: IntentObject): Intent {
  const upper = currency.toUpperCase();
  return {
    id,
    status,
    amount: minor(amount, upper),
    currency: upper,
    key: metadata.key ?? '',
    reference: metadata.reference ?? '',
    orderId: metadata.order_id ?? '',
  };
}

/** Stripe counts ISK in hundredths, which ISO 4217 does not know. The run's other currencies are the same in both. */
function minor(amount: number, currency: string): number {
  return currency === 'ISK' ? amount / 100 : amount;
}

/** The ledger with the names of intents. Of an intent that was tried several times, what is not declined counts. */
export function inIntents(
  ledger: readonly LedgerCharge[],
  { intents, refundKeys }: StripeBooks,
): LedgerCharge[] {
  const keys = new Map(intents.map(({ id, key }) => [id, key]));
  const taken = new Set(
    ledger.filter(({ status }) => status !== 'declined').map((one) => one.idempotency_key),
  );
  return ledger
    .filter(({ status, idempotency_key: intentId }) => status !== 'declined' || !taken.has(intentId))
    .map((charge) => ({
      ...charge,
      id: charge.idempotency_key,
      idempotency_key: keys.get(charge.idempotency_key) ?? '',
      refunds: charge.refunds.map((refund) => ({
        ...refund,
        idempotency_key: refundKeys.get(refund.id) ?? '',
      })),
    }));
}

function arrivalOf({ replica, atMs, leftMs, readLateMs = 0, hungUpMs }: Arrival): Arrival {
  return { replica, atMs, leftMs, readLateMs, hungUpMs };
}

export interface StripeCalls {
  /** The confirms. */
  readonly calls: readonly Call[];
  /** The requests that made an intent. Their keys are those of the charges that the intents are for. */
  readonly prepares: readonly Call[];
  readonly refundCalls: readonly RefundCall[];
  /** The captures, and the cancels that void an authorisation. */
  readonly endCalls: readonly EndCall[];
}

export function callsIn(writes: readonly Write[], intents: readonly Intent[]): StripeCalls {
  const byId = new Map(intents.map((intent) => [intent.id, intent]));
  const of = (operation: Write['operation']): Write[] =>
    writes.filter((write) => write.operation === operation);
  const prepares = of('create').map(prepareIn);
  const asked = new Map(prepares.map((prepare) => [prepare.key, prepare]));
  return {
    prepares,
    calls: of('confirm').map(({ key, intentId, ...write }) => {
      const intent = byId.get(intentId ?? '');
      const { reference = '', orderId = '' } = intent ?? {};
      // If another currency was charged, the intent shows that one. What was asked for, only the request that made it says.
      const { amount = 0, currency = '' } = asked.get(intent?.key ?? '') ?? {};
      const { captureMethod } = asked.get(intent?.key ?? '') ?? {};
      const method = captureMethod === undefined ? {} : { captureMethod };
      return { ...arrivalOf(write), key, reference, orderId, amount, currency, ...method };
    }),
    refundCalls: of('refund').map(({ key, intentId, body, ...write }) => {
      const amount = Number(new URLSearchParams(body).get('amount'));
      const currency = byId.get(intentId ?? '')?.currency ?? '';
      return { ...arrivalOf(write), key, chargeId: intentId ?? '', amount: minor(amount, currency) };
    }),
    endCalls: [...of('capture'), ...of('cancel')].flatMap((write) => endCallIn(write, byId)),
  };
}

/** More captures and voids than any payment of a run has. */
const MOST_ENDS = 50;

/** None: a cancel that is no void. It seals what was not paid. */
function endCallIn(
  { operation, key, intentId, body, ...write }: Write,
  intents: ReadonlyMap<string, Intent>,
): EndCall[] {
  const { reference = '', currency = '' } = intents.get(intentId ?? '') ?? {};
  const call = { ...arrivalOf(write), key, chargeId: intentId ?? '' };
  if (operation === 'capture') {
    const amount = minor(Number(new URLSearchParams(body).get('amount_to_capture')), currency);
    return [{ ...call, operation: 'capture', amount }];
  }
  const isVoid = Array.from({ length: MOST_ENDS }, (_, index) =>
    endKey(reference, 'void', index + 1),
  ).includes(key);
  return isVoid ? [{ ...call, operation: 'void', amount: null }] : [];
}

function prepareIn({ body, ...write }: Write): Call {
  const form = new URLSearchParams(body);
  const metadata = (name: string): string => form.get(`metadata[${name}]`) ?? '';
  const currency = (form.get('currency') ?? '').toUpperCase();
  return {
    ...arrivalOf(write),
    ...(form.get('capture_method') === 'manual' ? { captureMethod: 'manual' as const } : {}),
    key: metadata('key'),
    reference: metadata('reference'),
    orderId: metadata('order_id'),
    amount: minor(Number(form.get('amount')), currency),
    currency,
  };
}
