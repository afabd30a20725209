/** Something that a person must know now. */
export type Alarm =
  | 'gateway_forbidden'
  | 'needs_review'
  | 'duplicate_charge'
  | 'duplicate_refund'
  | 'duplicate_capture'
  | 'duplicate_void'
  /** An authorised charge was captured, and not by us. */
  | 'captured_elsewhere'
  /** The time of an authorisation is over, and the gateway does not say what became of it. */
  | 'authorization_unknown'
  /** A capture that counted as failed was made after all. */
  | 'capture_landed_late'
  /** A void that counted as failed was made after all. */
  | 'void_landed_late'
  /** A refund that had succeeded has failed since: the customer does not get the money. */
  | 'refund_failed_late'
  /** A refund that counted as failed was made after all. */
  | 'refund_landed_late'
  /** An operator's word is wrong: the gateway shows something else. */
  | 'operator_refuted'
  | 'other_gateway'
  | 'evidence_waits';
