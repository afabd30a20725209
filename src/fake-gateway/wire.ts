/** What the caller gets to see of an exchange, before it is HTTP. */
export type Wire =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly retryAfterSeconds?: number;
    }
  /** The connection is reset. */
  | { readonly kind: 'drop' }
  /** Nothing, until the caller leaves or `ms` have passed. */
  | { readonly kind: 'hold'; readonly ms: number }
  /** The head and half of the body, then the end of the connection. */
  | { readonly kind: 'truncate'; readonly status: number; readonly body: string };

export const DROP: Wire = { kind: 'drop' };

export function answer(status: number, body: string): Wire {
  return { kind: 'answer', status, body };
}
