/** What opens a charge: the intent of the first one, the next one of a failed payment, and the keys that are bound to them. */
import type { Order } from '../../domain/payment.ts';
import type { PaymentKey, StoredKey } from './records.ts';

/** A lease that the same write takes. `leaseMs` counts from the database's now. */
export interface Claim {
  /** Random, and new for every claim. */
  readonly claimId: string;
  readonly leaseMs: number;
}

export interface Intent {
  readonly order: Order;
  readonly paymentId: string;
  /** Whether it is real money. */
  readonly livemode: boolean;
  readonly gateway: string;
  /** The installation that `chargeKey` is derived from. Null: the one that the database belongs to. */
  readonly installationId: string | null;
  /** The key that charge 1 has at the gateway. */
  readonly chargeKey: string;
  readonly key: StoredKey | null;
  readonly claimId: string;
  /** How long the charge is tried, in whole seconds; null: as the policy says. */
  readonly giveUpAfterS: number | null;
  /** Either held by the claim and counted as the first call, or released and due in `waitMs`. */
  readonly start:
    | { readonly kind: 'claimed'; readonly leaseMs: number }
    | { readonly kind: 'waiting'; readonly waitMs: number };
}

export type Accepted =
  | { readonly kind: 'accepted'; readonly nowMs: number }
  | { readonly kind: 'exists' }
  /** The database is of the other mode (real or test payments), so nothing was written. */
  | { readonly kind: 'mode_lost' }
  /** The database belongs to another installation than the intent's, so nothing was written. */
  | { readonly kind: 'other_installation' };

export interface KeyBinding {
  readonly payment: PaymentKey;
  readonly chargeN: number;
  readonly key: StoredKey;
}

export interface NextCharge {
  readonly paymentId: string;
  readonly expected: { readonly seq: number };
  readonly n: number;
  /** The terms of this charge; they may differ from those of the failed one. */
  readonly order: Order;
  readonly gateway: string;
  readonly chargeKey: string;
  readonly verifyFirst: boolean;
  readonly key: StoredKey;
  readonly claimId: string;
  readonly giveUpAfterS: Intent['giveUpAfterS'];
  /** The wall clock of the process that opens it. A first charge has that time in its payment's id. */
  readonly openedWallMs: number;
  readonly start: Intent['start'];
}
