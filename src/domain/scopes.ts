/** What an API key may do. Each route of the API names the one scope that it needs. */
export const SCOPES = [
  /** Read payments, refunds, captures and voids. */
  'payments:read',
  /** Charge orders, capture and void. */
  'payments:write',
  /** Give money back. */
  'refunds:write',
  /** Read and change the addresses that events are sent to. */
  'webhooks',
  /** Have something looked up now, and state how something in REVIEW ended. */
  'review',
  /** Everything. */
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** Whether a key with these scopes may do what needs `wanted`. */
export function allows(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes(wanted) || scopes.includes('admin');
}
