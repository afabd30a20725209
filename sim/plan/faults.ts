/**
 * Everything that can go wrong, by name, and the interface that decides when it does: from a tape at a plan's rates, or
 * from a script. The catalogue uses these names, and `docs/faults.md` is made from it.
 */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { RefundRequest } from '../../src/domain/refund-outcomes.ts';
import type { Store } from '../../src/ports/store.ts';

/** What happens to one statement. */
export type StoreFault =
  | 'none'
  /** No connection: nothing is sent. */
  | 'store_refused'
  /** The connection is cut before the statement arrives. */
  | 'store_cut_before'
  /** The connection is cut while the statement runs; it is rolled back. */
  | 'store_cut_rolled_back'
  /** It is committed, and the acknowledgement is lost. */
  | 'store_ack_lost'
  /** The client sees a broken connection, and the statement commits afterwards. */
  | 'store_commits_late'
  | 'store_slow'
  /** 40001 or 40P01: rolled back and repeated inside the adapter. */
  | 'store_serialization';

/** What the gateway, or the network in front of it, does with one call. */
export type CallFault =
  | 'none'
  | 'gateway_declines'
  /** Nothing is sent: refused connection, DNS, TLS. */
  | 'gateway_unreachable'
  | 'gateway_limits'
  | 'gateway_forbids'
  | 'error_not_charged'
  | 'error_charged'
  | 'reset_not_charged'
  | 'reset_charged'
  | 'reset_charged_later'
  | 'timeout_not_charged'
  /** Our own kernel holds the request for a while. It lands unless a living sender resets the connection. */
  | 'kernel_holds_request'
  | 'timeout_charged'
  | 'timeout_charged_later'
  | 'garbage_not_charged'
  | 'garbage_charged'
  /** Charged, and the answer has two statuses: approved and declined. */
  | 'ambiguous_charged'
  | 'gateway_slow'
  | 'gateway_pending'
  | 'wrong_amount'
  | 'wrong_currency'
  | 'wrong_reference'
  | 'answer_about_another'
  /** In two steps only: the customer must do something before anything is charged. */
  | 'customer_must_act';

/** What happens to one request for the object that a charge of two steps is confirmed on. */
export type PrepareFault =
  | 'none'
  /** The connection breaks before it arrives. */
  | 'prepare_lost'
  /** It is made, and the answer is lost. */
  | 'prepare_answer_lost'
  /** It is made when nobody listens any more. */
  | 'prepare_late'
  /** An error that the gateway keeps under the key. */
  | 'prepare_error'
  /** A definite no to the request itself. */
  | 'prepare_declined';

/** What happens to one request that seals such an object. */
export type SealFault =
  | 'none'
  | 'seal_lost'
  /** It is sealed, and the answer is lost. */
  | 'seal_answer_lost'
  /** It is sealed when nobody listens any more. */
  | 'seal_late'
  /** An error that the gateway keeps under the key. */
  | 'seal_error';

export type LookupFault =
  | 'none'
  | 'lookup_down'
  | 'lookup_timeout'
  | 'lookup_slow'
  | 'lookup_forbidden'
  | 'lookup_about_another'
  /** A cache repeats what the gateway said earlier, and says how old it is. */
  | 'lookup_cached'
  /** A front mixes up its answers: this one belongs to an earlier lookup of another key. */
  | 'lookup_of_another'
  /** The list comes twice under one name: full, then empty. */
  | 'lookup_ambiguous';

/** What happens to a process, the database or a network for a while. */
export type Mishap =
  | 'process_killed'
  | 'process_paused'
  /** The event loop stops, for seconds up to a day. The machine's clocks go on. */
  | 'event_loop_stalls'
  /** The machine is suspended, and its monotonic clock with it. */
  | 'machine_suspended'
  | 'process_drained'
  | 'clock_jumps'
  | 'database_crashes'
  | 'database_loses_commits'
  /** The database's clock is set, forward or back, while those of the processes are not. */
  | 'database_clock_steps'
  | 'cut_from_database'
  | 'answers_of_database_lost'
  | 'cut_from_gateway'
  | 'gateway_outage'
  | 'gateway_errors'
  | 'credentials_revoked'
  /** The gateway breaks its contract: a charge that was proved not to have happened is made after all. */
  | 'charge_lands_late'
  /** The same for a refund. */
  | 'refund_lands_late'
  /** A person refunds a part of a charge at the gateway, and Payonce is not told. */
  | 'refund_elsewhere'
  /** A person captures or voids an authorised charge at the gateway, and Payonce is not told. */
  | 'ended_elsewhere';

export type FaultName =
  | Exclude<StoreFault | CallFault | PrepareFault | SealFault | LookupFault, 'none'>
  | Mishap
  /** A refund that succeeded fails after all: the bank has sent it back. */
  | 'refund_fails_later'
  | 'timer_late'
  | 'gateway_connects_slowly';

/** Decides every single fault. Zero or `none`: nothing goes wrong. */
export interface Faults {
  statement(method: keyof Store): StoreFault;
  /** `call`: 1 for the first call with the key. */
  call(request: ChargeRequest | RefundRequest, call: number): CallFault;
  /** Milliseconds until a connection is up and a call may be sent. 0: a connection is already open. */
  connectMs(request: ChargeRequest | RefundRequest): number;
  lookup(): LookupFault;
  /** Only at a gateway of two steps. */
  prepare(): PrepareFault;
  /** Only at a gateway of two steps. */
  seal(): SealFault;
  /** Milliseconds by which a timer comes late. */
  timerLateMs(): number;
  /** A delay in [fromMs, toMs]. */
  delayMs(fromMs: number, toMs: number): number;
  /** A choice that is not a fault itself. False is the normal case. */
  chance(perMille: number): boolean;
}
