/** What is compared before anything is sent: the mode, other gateways’ open payments, the gateway’s address, and the charges’ names. */

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

/** Where a gateway was at the last start, and what is still open there. */
export interface GatewayAddress {
  /** Null: none was kept yet. */
  readonly address: string | null;
  /** Payments and refunds that are not settled. */
  readonly open: number;
}

export interface AddressChange {
  readonly gateway: string;
  /** What was read. Null: none was kept. */
  readonly from: string | null;
  readonly to: string;
}

/** A charge's stored key at the gateway, with what it is derived from. */
export interface ChargeName {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly n: number;
  readonly chargeKey: string;
}
