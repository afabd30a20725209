/** What is compared before anything is sent: the mode, other gateways’ open payments, and the charges’ names. */

export interface Mode {
  /** Null: it is not claimed yet. */
  readonly livemode: boolean | null;
  /** There are payments, so it can never change. */
  readonly final: boolean;
}

export interface OpenElsewhere {
  readonly gateway: string;
  readonly count: number;
}

/** A charge's stored key at the gateway, with what it is derived from. */
export interface ChargeName {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly n: number;
  readonly chargeKey: string;
}
