/** What the proxies see of the requests to Stripe. */
import type { Tap } from '../proxy/lane.ts';
import { type Arrival, type Heard, readPosts } from '../proxy/witness.ts';

/** A complete `POST` that reached Stripe. */
export interface Write extends Arrival {
  readonly operation: 'create' | 'confirm' | 'capture' | 'cancel' | 'refund';
  /** The intent in the path or, of a refund, in the body. Null: it makes one. */
  readonly intentId: string | null;
  /** Its idempotency key. Empty: it has none. */
  readonly key: string;
  readonly path: string;
  /** The form, as it was sent. */
  readonly body: string;
}

/** Reads one connection. `onWrite` gets every request that changes something. */
export function createStripeWitness(onWrite: (write: Heard<Write>) => void): Tap {
  return readPosts(({ path, ...request }) => {
    const [, intentId = null, command = null] =
      /\/payment_intents(?:\/([^/?]+)\/(confirm|capture|cancel))?$/.exec(path) ?? [];
    if (command === 'confirm' || command === 'capture' || command === 'cancel')
      onWrite({ operation: command, intentId, path, ...request });
    else if (path.endsWith('/payment_intents'))
      onWrite({ operation: 'create', intentId: null, path, ...request });
    else if (path.endsWith('/refunds')) {
      const named = new URLSearchParams(request.body).get('payment_intent');
      onWrite({ operation: 'refund', intentId: named, path, ...request });
    }
  });
}
