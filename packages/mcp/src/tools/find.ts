import type { PaymentNow } from 'payonce/client';
import { Refusal } from '../failure.ts';
import type { Context } from '../tool.ts';

/** The payment that the arguments name. It reads the order's payment with all that is in no list. */
export async function findPayment(
  { payment_id: id, order_id: orderId }: { payment_id?: string | undefined; order_id?: string | undefined },
  { client, signal }: Context,
): Promise<PaymentNow> {
  if ((id === undefined) === (orderId === undefined))
    throw new Refusal('invalid_arguments', 'Give either "payment_id" or "order_id".');
  const found = id ?? (await client.payments({ orderId, pageSize: 1, signal }).page()).things[0]?.paymentId;
  const payment = found === undefined ? null : await client.payment(found, { signal });
  if (payment === null) throw new Refusal('payment_not_found', 'There is no such payment.');
  return payment;
}
