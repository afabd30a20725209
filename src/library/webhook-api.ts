/** The types of events of the gateway, for callers of the library. */
import type { WebhookProblem } from '../engine/api.ts';

/** An event of the gateway, as it came in. */
export interface WebhookInput {
  /** The body, byte for byte. A string counts as its UTF-8. */
  readonly body: Uint8Array | string;
  /** All headers of the request: those of Node, or a `Headers` of `fetch`. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Whose orders the event is about, if the gateway does not say so: 1 to 255 bytes of UTF-8. Default `default`. */
  readonly accountId?: string | undefined;
}

/** What became of an event. Answer the gateway accordingly. */
export type WebhookResult =
  /** The gateway need not send it again: it is noted, it told nothing new, or it is about nothing of ours. */
  | { readonly outcome: 'taken' }
  /** Nothing was stored. */
  | {
      readonly outcome: 'refused';
      /**
       * `webhook_refused`: it is not proved that the gateway sent it just now. `webhook_not_noted`: not yet; the gateway must send it again. `not_found`:
       * the adapter takes no events. `docs/errors.md` has the others.
       */
      readonly code: WebhookProblem;
      /** What happened, what was not done, what to do. For people: the words may change. */
      readonly detail: string;
      /** How long the gateway should wait before it sends it again, in milliseconds. Absent if that is not known. */
      readonly retryAfterMs?: number;
    };
