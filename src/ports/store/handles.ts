/** What a charge was prepared on at a gateway of two steps: one row for each charge. A charge at any other gateway has none. */
import type { NextAction } from '../../domain/outcomes.ts';

/** Which charge it belongs to. The charge itself need not be stored: a restored database may have forgotten it. */
export interface ChargeOf {
  readonly accountId: string;
  readonly paymentId: string;
  readonly n: number;
}

export interface StoredHandle {
  /** The gateway's name of it, written once. Null: none yet. */
  readonly handle: string | null;
  /** How many errors the gateway keeps under the keys with which it was prepared so far. The next key is derived from this number. */
  readonly prepares: number;
  /** What the customer has to do, as the gateway last said. Null: nothing. */
  readonly action: NextAction | null;
}
