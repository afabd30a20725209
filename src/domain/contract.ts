/**
 * What a gateway promises. The engine derives from it what is safe: whether an unknown call may be sent again, and
 * from when on "not found" proves that it moved no money. A gateway that breaks its contract can make Payonce
 * wrong. So declare only what its documentation promises. If in doubt, declare the weaker or slower value. What
 * decides about money has no default. Durations are whole milliseconds, from 0 to a century.
 *
 * @example
 * const contract = { steps: 'one', keys: 'kept', keyWindowMs: 86_400_000, cachesErrors: false, lookup: true, lookupLagMs: 0,
 *   landsWithinMs: 180_000 };
 */
export interface GatewayContract {
  /**
   * How a charge is made.
   * - `one`: by one call.
   * - `two`: a first request makes an object that moves no money, the call confirms it, and a seal cancels it. The adapter has `twoSteps`. A
   *   decline is not final: the object may still be paid until it is sealed. `keys` must be `kept`, and `lookup` true.
   */
  readonly steps: 'one' | 'two';
  /**
   * What a repeated key does.
   * - `kept`: inside `keyWindowMs` a key has one result. It never charges twice, and once declined it stays declined, whatever
   *   still arrives under it. A gateway that keeps charges but forgets declines is `none`.
   * - `none`: every call may charge.
   */
  readonly keys: 'kept' | 'none';
  /** How long the gateway remembers a key, from its first use. Not used if `keys` is `none`. */
  readonly keyWindowMs: number;
  /**
   * Whether the gateway stores an error under the key and repeats it. Then another call does not help; only a
   * lookup does.
   */
  readonly cachesErrors: boolean;
  /** Whether the gateway can be asked what became of a key. */
  readonly lookup: boolean;
  /** How long a charge or a refund may exist before a lookup shows it; 0: a lookup shows it at once. */
  readonly lookupLagMs: number;
  /**
   * How long a request may still take effect after we stopped listening: after its time-out, its broken connection,
   * or the end of the lease under which it was sent, whichever comes first. The service's default is 180,000; `docs/landing.md` says why.
   */
  readonly landsWithinMs: number;
  /**
   * How long the gateway holds money that was authorised, if its answers do not say so. Then it is asked what has become of it. Default
   * 604,800,000 (7 days), as most cards do.
   */
  readonly authorizedForMs?: number;
}

/** For a contract that does not say so. */
export const AUTHORIZED_FOR_MS = 7 * 86_400_000;

/** What is wrong with the steps that an adapter declares, as the rest of a sentence; null: nothing. `twoSteps`: whether it has them. */
export function stepsComplaint(
  { steps, keys, lookup }: GatewayContract,
  twoSteps: boolean,
): { readonly field: 'twoSteps' | 'contract.steps'; readonly detail: string } | null {
  if (steps !== 'two')
    return twoSteps ? { field: 'twoSteps', detail: "must be left out if contract.steps is 'one'" } : null;
  if (!twoSteps)
    return { field: 'twoSteps', detail: "must have prepare and seal if contract.steps is 'two'" };
  if (keys === 'kept' && lookup) return null;
  return {
    field: 'contract.steps',
    detail:
      "must be 'one' unless keys is 'kept' and lookup is true: nothing else can tell what became of a charge of two steps",
  };
}
