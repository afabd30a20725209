/** Reads the bodies of answers without trusting them. */
import type { Exchange } from '../record.ts';

export type Body = Readonly<Record<string, unknown>>;

/** The JSON object in a text, or an empty one if there is none. */
export function bodyOf(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {};
  } catch {
    return {};
  }
}

/** The state of the payment that an answer is about. Problems call it `payment_status`. */
export function paymentStatusOf(body: Body): string | null {
  const status = typeof body.status === 'string' ? body.status : body.payment_status;
  return typeof status === 'string' ? status : null;
}

/** Whether the address is of a payment's refunds, of one of them, or of its events. */
export function isAboutRefunds(path: string): boolean {
  return /^\/v1\/payments\/[^/]+\/refunds(\/|\?|$)/.test(path);
}

/** Whether the address is of a payment's capture or void, or of its events. */
export function isAboutEnds(path: string): boolean {
  return /^\/v1\/payments\/[^/]+\/(capture|void)(\/|\?|$)/.test(path);
}

/** Whether it is about charges, and so about nothing that follows one. */
export function isAboutCharges(path: string): boolean {
  return !isAboutRefunds(path) && !isAboutEnds(path);
}

export function isPost({ method }: Exchange): boolean {
  return method === 'POST';
}

/** 200 and 201: charged. 402 and 502: proved not charged. */
export function isSettled({ status }: Exchange): boolean {
  return status === 200 || status === 201 || isFailure(status);
}

export function isFailure(status: number | null): boolean {
  return status === 402 || status === 502;
}

/** Whether the answer says that a payment of this order exists, in any state. */
export function isAccepted(exchange: Exchange): boolean {
  return isPost(exchange) && (exchange.status === 202 || isSettled(exchange));
}

/** What a key is bound to: all fields that affect money. */
export function meaningOf(body: string | null): string {
  const { order_id, amount, currency, method, capture_method = null } = bodyOf(body ?? '');
  return JSON.stringify([order_id, amount, currency, method ?? null, capture_method]);
}

/** Whether the answer, or the refused connection, says that the request did nothing at all. */
export function didNothing({ status, text, error }: Exchange): boolean {
  if (status === null) return error === 'ECONNREFUSED';
  if (status === 503) return ['store_unavailable', 'shutting_down'].includes(String(bodyOf(text).code));
  return [400, 404, 409, 413, 415, 422].includes(status);
}
