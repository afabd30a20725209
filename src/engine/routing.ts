/** Sends each request to the gateway where it belongs. */
import { isUuid } from '../domain/ids.ts';
import { StoreError } from '../ports/store.ts';
import { EXCLUSIVE_REQUESTS } from './capturing/request.ts';
import type { Shared } from './context.ts';
import { nothingStored } from './follow-ups/interrupted.ts';
import type { Homes } from './homes.ts';
import type { Requests } from './one-gateway.ts';
import { REFUND_REQUESTS } from './refunding/refund.ts';

/**
 * `gateways`: at least one, by name. An order goes to the gateway of its account. A refund, a capture, a void and an operator's word go to the gateway that the payment
 * names. Where there is none of that name, any of them says so: an account without a gateway is charged nowhere, and a payment of another gateway
 * is left alone. With one gateway nothing is read for this.
 */
export function createRouting(
  { store, clock, outage }: Pick<Shared, 'store' | 'clock' | 'outage'>,
  gateways: ReadonlyMap<string, Requests>,
  homes: Homes,
): Requests {
  const [first] = gateways.values();
  if (first === undefined) throw new Error('There is no gateway.');
  if (gateways.size === 1) return first;

  /** Rejects with `StoreError` if the payment cannot be read. */
  async function madeAt(accountId: string, paymentId: string): Promise<Requests> {
    const payment = isUuid(paymentId) ? await store.payment(accountId, paymentId) : null;
    return (payment && gateways.get(payment.gateway)) ?? (first as Requests);
  }

  /** The error, if the payment cannot be read. */
  function madeAtOrNot(wanted: { accountId: string; paymentId: string }): Promise<Requests | StoreError> {
    const askedMs = clock.monotonicMs();
    return madeAt(wanted.accountId, wanted.paymentId).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      outage.failed(error, askedMs);
      return error;
    });
  }

  return {
    charge: (order, options) =>
      (gateways.get(homes.of(order.accountId) ?? '') ?? first).charge(order, options),
    async refund(wanted, options) {
      const made = await madeAtOrNot(wanted);
      return made instanceof StoreError ? nothingStored(REFUND_REQUESTS, made) : made.refund(wanted, options);
    },
    async capture(wanted, options) {
      const made = await madeAtOrNot(wanted);
      return made instanceof StoreError
        ? nothingStored(EXCLUSIVE_REQUESTS.capture, made)
        : made.capture(wanted, options);
    },
    async void(wanted, options) {
      const made = await madeAtOrNot(wanted);
      return made instanceof StoreError
        ? nothingStored(EXCLUSIVE_REQUESTS.void, made)
        : made.void(wanted, options);
    },
    lookNow: async (wanted) => (await madeAt(wanted.accountId, wanted.paymentId)).lookNow(wanted),
    resolve: async (wanted) => (await madeAt(wanted.accountId, wanted.paymentId)).resolve(wanted),
  };
}

/**
 * The gateway of this name, or the only one whose name is this one, a colon and more: `stripe` also names `stripe:acct_1`, so the address of
 * its events can be configured before the account is known.
 */
export function gatewayNamed<At>(gateways: ReadonlyMap<string, At>, name: string): At | undefined {
  const exact = gateways.get(name);
  if (exact !== undefined) return exact;
  const [one, ...more] = [...gateways].filter(([full]) => full.startsWith(`${name}:`));
  return more.length === 0 ? one?.[1] : undefined;
}
