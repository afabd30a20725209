import { hash } from 'node:crypto';
import type { Order } from './payment.ts';

/**
 * The fingerprint that a request's idempotency key is bound to: equal exactly when two requests mean the same
 * money. It covers what is charged and how, not the merchant's notes; and since it is made of the parsed order,
 * neither the layout of the JSON nor a field left at its default changes it.
 *
 * Versioned: stored fingerprints live for years, so a field that affects money and comes later either is left
 * out while it has its default (the old fingerprint stays) or starts version 2 beside this one.
 *
 * How long the order is tried is part of the request where it says so, and left out where it does not.
 *
 * `1:` and 43 characters of base64url: SHA-256 of a JSON array. Quoting and the order of the fields make the encoding
 * unambiguous; a missing method is null, which no method can be.
 */
export function fingerprint(order: Order, giveUpAfterS: number | null = null): string {
  const { orderId, amountMinor, currency, method = null } = order;
  const more = giveUpAfterS === null ? [] : [giveUpAfterS];
  const canonical = JSON.stringify([orderId, amountMinor, currency, method, ...more]);
  return `1:${hash('sha256', canonical, 'base64url')}`;
}
