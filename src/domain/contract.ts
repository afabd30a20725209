import type { EffectKind } from './effects.ts';

/**
 * What a gateway promises about one kind of effect: a charge, a refund, a capture or a void. A word without a default must be said. Durations
 * are whole milliseconds, from 0 to a century.
 */
export interface EffectContract {
  /**
   * What a repeated key does.
   * - `kept`: inside `keyWindowMs` a key has one result. It never moves money twice. If the gateway keeps successes but forgets declines, say so
   *   with `declines`.
   * - `none`: every call may move money.
   */
  readonly keys: 'kept' | 'none';
  /**
   * How long the gateway remembers a key, from its first use. 0: it does not say. Then no second call relies on the key, as with
   * `keys: 'none'`. Not used if `keys` is `none`.
   */
  readonly keyWindowMs: number;
  /**
   * Whether the gateway stores an error under the key and repeats it. Then another call does not help; only a
   * lookup does.
   */
  readonly cachesErrors: boolean;
  /**
   * What a decline says about its key.
   * - `final`: what was declined stays declined, whatever still arrives under the key.
   * - `forgotten`: an earlier call under the key may still be approved. So a decline that follows a call in doubt is proved as absence is.
   *
   * If somebody else can still pay what was declined, neither is true: such a gateway charges in two steps. Not used where `keys` is `none`, nor
   * for a charge in two steps. Default `final`.
   */
  readonly declines?: 'final' | 'forgotten';
  /** Whether the gateway can be asked what became of a key. */
  readonly lookup: boolean;
  /** How long an effect may exist before a lookup shows it; 0: a lookup shows it at once. */
  readonly lookupLagMs: number;
  /**
   * How long a request may still take effect after we stopped listening: after its time-out, its broken connection,
   * or the end of the lease under which it was sent, whichever comes first. The service's default is 180,000; `docs/landing.md` says why.
   */
  readonly landsWithinMs: number;
  /**
   * How long a request may still take effect after the gateway has answered it with an error: `unknown` with `answered: true`, or a decline
   * that it does not keep under the key, which has no `ref`. At most `landsWithinMs`. Default 0: never.
   */
  readonly errorsLandWithinMs?: number;
  /**
   * How long the gateway may take with what it has accepted as pending, before a person is asked. Default: the policy's `resolveForMs`; 30 days
   * for a refund.
   */
  readonly pendingForMs?: number;
}

/**
 * What a gateway promises. The engine derives from it what is safe: whether an unknown call may be sent again, and
 * from when on "not found" proves that it moved no money. A gateway that breaks its contract can make Payonce
 * wrong. So declare only what its documentation promises. If in doubt, declare the weaker or slower value.
 *
 * The words of `EffectContract` hold for every effect that the adapter offers. `effects` says what is different for one of them.
 *
 * @example
 * const contract = { steps: 'one', keys: 'kept', keyWindowMs: 86_400_000, cachesErrors: false, lookup: true, lookupLagMs: 0,
 *   landsWithinMs: 180_000, effects: { refund: { lookupLagMs: 60_000 } } };
 */
export interface GatewayContract extends EffectContract {
  /**
   * How a charge is made.
   * - `one`: by one call.
   * - `two`: a first request makes an object that moves no money, the call confirms it, and a seal cancels it. The adapter has `twoSteps`. A
   *   decline is not final: the object may still be paid until it is sealed. `keys` must be `kept`, and `lookup` true.
   */
  readonly steps: 'one' | 'two';
  /** The longest key that the gateway takes, in characters. Ours have 36. Default: long enough. */
  readonly maxKeyChars?: number;
  /**
   * How long the gateway holds money that was authorised, if its answers do not say so. Then it is asked what has become of it. Default
   * 604,800,000 (7 days), as most cards do.
   */
  readonly authorizedForMs?: number;
  /** What is different for one effect. Only what the adapter offers can be here. Default: nothing. */
  readonly effects?: Readonly<Partial<Record<EffectKind, Partial<EffectContract>>>>;
}

/** For a contract that does not say so. */
export const AUTHORIZED_FOR_MS = 7 * 86_400_000;

/** The contract for one kind of effect: what is common, what is different for it, and nothing about the others. */
export function contractFor(contract: GatewayContract, kind: EffectKind): GatewayContract {
  const { effects = {}, ...common } = contract;
  const own = { ...common, ...effects[kind] };
  return own.keyWindowMs === 0 ? { ...own, keys: 'none' } : own;
}

/** Whether a decline that a lookup shows is the last word about its key, whatever was sent under it. */
export function isDeclineFinal({ keys, declines = 'final' }: EffectContract): boolean {
  return keys === 'kept' && declines === 'final';
}
