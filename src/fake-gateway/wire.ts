/** What the caller gets, before it becomes HTTP. */
export type Wire =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly retryAfterSeconds?: number;
      readonly headers?: Headers;
    }
  /** The connection is reset. */
  | { readonly kind: 'drop' }
  /** Nothing is sent until the caller leaves or `ms` have passed. */
  | { readonly kind: 'hold'; readonly ms: number }
  /** The body is sent in pieces, the last one after `ms`. */
  | {
      readonly kind: 'drip';
      readonly status: number;
      readonly body: string;
      readonly ms: number;
      readonly headers?: Headers;
    }
  /** The headers and half of the body are sent, then the connection ends. */
  | {
      readonly kind: 'truncate';
      readonly status: number;
      readonly body: string;
      readonly headers?: Headers;
    };

/** Headers besides those of every answer. Default: none. */
export type Headers = Readonly<Record<string, string>>;

export const DROP: Wire = { kind: 'drop' };

export function answer(status: number, body: string): Wire {
  return { kind: 'answer', status, body };
}
