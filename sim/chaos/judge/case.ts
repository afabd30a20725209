/** What the judge gets, and the same sorted by order. Everything here is seen from outside. Nothing is imported from `src`. */
import type { Call, EndCall, RefundCall } from '../proxy/witness.ts';
import type { Exchange } from '../record.ts';
import type { Write } from '../stripe/writes.ts';
import { createDatabaseTime, type DatabaseTime, type Step } from './database-time.ts';
import { touchedOrders } from './forgotten.ts';
import { orderReference } from './names.ts';
import { isAboutCharges, isAboutEnds, isAboutRefunds, isPost } from './reading.ts';

/** A payment as the API shows it. */
export interface Payment {
  readonly payment_id: string;
  readonly order_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: string;
  readonly attempts: number;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
  readonly updated_at: string;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly amount_refunding: number;
  readonly amount_refunded_elsewhere: number;
  /** Absent: the money is taken at once. */
  readonly capture_method?: string;
  readonly amount_authorized?: number;
}

/** A refund as the API shows it. */
export interface Refund {
  readonly refund_id: string;
  readonly payment_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: string;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
}

/** A capture or a void of a payment, as the database keeps it: the API shows only the last of each. */
export interface Ending {
  readonly operation: 'capture' | 'void';
  readonly payment_id: string;
  /** Which of the payment's captures and voids it is, from 1. Both are counted together. */
  readonly name: string;
  /** What was asked for. Null: all that was authorised. */
  readonly asked: number | null;
  readonly amount: number;
  readonly currency: string;
  /** In the API's words, as those of a refund. */
  readonly status: string;
  readonly failure_code: string | null;
  readonly gateway_key: string;
  readonly created_at: string;
  readonly events: readonly RefundEvent[];
}

/** One line of a payment's history as the API shows it. */
export interface PaymentEvent {
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly charge: number;
  readonly attempts: number;
  readonly detail: string | null;
  readonly at: string;
}

/** One line of a refund's history as the API shows it. */
export type RefundEvent = Omit<PaymentEvent, 'charge'>;

/** A charge as the gateway's ledger shows it. */
export interface LedgerCharge {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly idempotency_key: string;
  readonly order_id: string;
  readonly created_at: string;
  /** It succeeded, and was neither voided nor refunded in full. */
  readonly live: boolean;
  /** What it took, in minor units. */
  readonly captured: number;
  readonly refunds: readonly LedgerRefund[];
  /** Until when the money is held. Absent: it was taken at once. */
  readonly authorized_until?: string;
  /** Its captures and voids. Absent: the gateway does not show them by their keys. */
  readonly endings?: readonly LedgerEnding[];
}

/** A capture or a void as the gateway shows it. */
export interface LedgerEnding {
  readonly object: string;
  readonly status: string;
  readonly amount: number;
  readonly charge: string;
  readonly idempotency_key: string;
  readonly created_at: string;
}

/** A refund as the gateway's ledger shows it. */
export interface LedgerRefund {
  readonly id: string;
  /** `landing`: it will be made later. */
  readonly status: string;
  /** Null: it lands later, and takes all that is left then. */
  readonly amount: number | null;
  readonly idempotency_key: string;
  readonly created_at: string;
}

/** A PaymentIntent of Stripe as its list shows it. */
export interface Intent {
  readonly id: string;
  readonly status: string;
  /** In minor units of ISO 4217. */
  readonly amount: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** From its metadata: the key of the charge that it is for. */
  readonly key: string;
  readonly reference: string;
  readonly orderId: string;
}

/** What there is only in a run with Stripe. */
export interface StripeFacts {
  readonly intents: readonly Intent[];
  /** Every request that reached Stripe and changes something. */
  readonly writes: readonly Write[];
  /** Those that made an intent. Their keys are those of the charges that the intents are for. */
  readonly prepares: readonly Call[];
}

/** Whether the charge took money, also if it was given back since. */
export function tookMoney({ live, status }: LedgerCharge): boolean {
  return live || status === 'refunded';
}

/** The state when all faults are over. */
export interface State {
  readonly payments: readonly Payment[];
  /** By payment id. */
  readonly events: ReadonlyMap<string, readonly PaymentEvent[]>;
  readonly ledger: readonly LedgerCharge[];
  /** By payment id. A payment without refunds has no entry. */
  readonly refunds: ReadonlyMap<string, readonly Refund[]>;
  /** By `nameOf`. */
  readonly refundEvents: ReadonlyMap<string, readonly RefundEvent[]>;
  /** By payment id, in the order in which they were opened. A payment without captures and voids has no entry. */
  readonly endings: ReadonlyMap<string, readonly Ending[]>;
}

/** The name of a refund, unique among all. */
export function nameOf({
  payment_id: paymentId,
  refund_id: id,
}: Pick<Refund, 'payment_id' | 'refund_id'>): string {
  return `${paymentId} ${id}`;
}

/** One moment on two clocks: the run's monotonic clock, which exchanges use, and milliseconds since the epoch, which calls use. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The database was restored. It may know nothing of what was stored between these two moments. */
export interface Forgotten {
  readonly from: Moment;
  readonly until: Moment;
}

export interface Case {
  /** All names at the gateway are derived from it. */
  readonly installationId: string;
  readonly state: State;
  readonly exchanges: readonly Exchange[];
  readonly calls: readonly Call[];
  readonly refundCalls: readonly RefundCall[];
  readonly endCalls: readonly EndCall[];
  readonly forgotten: readonly Forgotten[];
  /** How the database's clock was made to step. */
  readonly clockSteps: readonly Step[];
  /** The longest lease of any process. */
  readonly leaseMs: number;
  /** Absent: the gateway is not Stripe. */
  readonly stripe?: StripeFacts;
}

/** Everything that is known about one order. */
export interface OrderFile {
  readonly orderId: string;
  /** The reference that it must have at the gateway. */
  readonly reference: string;
  /** More than one only if the core promise is broken. */
  readonly payments: readonly Payment[];
  /** Of the first payment. */
  readonly events: readonly PaymentEvent[];
  readonly charges: readonly LedgerCharge[];
  /** In the order in which they were sent. */
  readonly calls: readonly Call[];
  /** In the order in which they were asked. Those about refunds are in `refundAsks`, those about captures and voids in `endAsks`. */
  readonly exchanges: readonly Exchange[];
  /** Of the first payment. */
  readonly refunds: readonly Refund[];
  /** By `nameOf`. */
  readonly refundEvents: State['refundEvents'];
  /** Of its charges, in the order in which they were sent. */
  readonly refundCalls: readonly RefundCall[];
  /** All requests about refunds, in the order in which they were asked. */
  readonly refundAsks: readonly Exchange[];
  /** All requests for refunds under the keys of those, also for refunds of other orders. */
  readonly refundUses: readonly Exchange[];
  /** Of the first payment. */
  readonly endings: readonly Ending[];
  /** Of its charges, in the order in which they were sent. */
  readonly endCalls: readonly EndCall[];
  /** All requests about captures and voids, in the order in which they were asked. */
  readonly endAsks: readonly Exchange[];
  /** All requests for captures and voids under the keys of those, also for those of other orders. */
  readonly endUses: readonly Exchange[];
  /** For each of its keys, all requests under it, also those for other orders. */
  readonly uses: readonly (readonly Exchange[])[];
  readonly leaseMs: number;
  /** Something happened to it in a time that the database was made to forget. */
  readonly isTouched: boolean;
  /** Converts the database's times to everybody else's. */
  readonly time: DatabaseTime;
  /** What of Stripe belongs to it. Null: the gateway is not Stripe. */
  readonly stripe: StripeFacts | null;
}

export type ViolationKind =
  | 'charged_twice'
  | 'refunded_twice'
  | 'captured_twice'
  | 'wrong_charge'
  | 'lost'
  | 'false_answer'
  | 'changed_answer'
  | 'went_back'
  | 'false_history'
  | 'causeless_call'
  | 'late_request'
  | 'unsettled'
  | 'process';

export interface Finding {
  readonly kind: ViolationKind;
  readonly what: string;
  /** The numbers of the answers that it is about. */
  readonly exchanges?: readonly number[];
}

export interface Violation extends Finding {
  readonly orderId: string | null;
}

/** One file for each order that was ever requested, has a payment, or reached the gateway. */
export function openFiles(facts: Case): OrderFile[] {
  const { installationId, state, exchanges, calls, leaseMs } = facts;
  const touched = touchedOrders(facts);
  const time = createDatabaseTime(facts.clockSteps);
  const payments = groupBy(state.payments, ({ order_id }) => order_id);
  const charges = groupBy(state.ledger, ({ order_id }) => order_id);
  const called = groupBy(calls, ({ orderId }) => orderId);
  const refundCalls = groupBy(facts.refundCalls, ({ chargeId }) => chargeId);
  const endCalls = groupBy(facts.endCalls, ({ chargeId }) => chargeId);
  const asked = groupBy(exchanges, ({ orderId }) => orderId);
  const withKey = exchanges.filter((exchange) => isPost(exchange) && exchange.key !== null);
  // The same text as a key for a refund is another key.
  const refundKeyed = withKey.filter(({ path }) => isAboutRefunds(path));
  const refundUses = groupBy(refundKeyed, ({ key }) => key);
  const endUses = groupBy(
    withKey.filter(({ path }) => isAboutEnds(path)),
    ({ key }) => key,
  );
  const keyed = groupBy(
    withKey.filter(({ path }) => isAboutCharges(path)),
    ({ key }) => key,
  );
  const stripeOf = sortStripe(facts.stripe);
  const orders = new Set([
    ...payments.keys(),
    ...charges.keys(),
    ...called.keys(),
    ...asked.keys(),
    ...(facts.stripe?.prepares ?? []).map((prepare) => prepare.orderId),
  ]);
  orders.delete(null);
  return [...orders].map((orderId) => {
    const own = payments.get(orderId) ?? [];
    const ownCharges = charges.get(orderId) ?? [];
    const allExchanges = (asked.get(orderId) ?? []).toSorted((a, b) => a.askedMs - b.askedMs);
    const ownExchanges = allExchanges.filter(({ path }) => isAboutCharges(path));
    const refundAsks = allExchanges.filter(({ path }) => isAboutRefunds(path));
    const endAsks = allExchanges.filter(({ path }) => isAboutEnds(path));
    const keys = new Set(ownExchanges.map(({ key }) => key));
    return {
      orderId: orderId ?? '',
      reference: orderReference(installationId, orderId ?? ''),
      payments: own,
      events: state.events.get(own[0]?.payment_id ?? '') ?? [],
      charges: ownCharges,
      calls: (called.get(orderId) ?? []).toSorted((a, b) => a.atMs - b.atMs),
      exchanges: ownExchanges,
      refunds: state.refunds.get(own[0]?.payment_id ?? '') ?? [],
      refundEvents: state.refundEvents,
      refundCalls: ownCharges
        .flatMap(({ id }) => refundCalls.get(id) ?? [])
        .toSorted((a, b) => a.atMs - b.atMs),
      refundAsks,
      refundUses: [...new Set(refundAsks.map(({ key }) => key))].flatMap((key) => refundUses.get(key) ?? []),
      endings: state.endings.get(own[0]?.payment_id ?? '') ?? [],
      endCalls: ownCharges.flatMap(({ id }) => endCalls.get(id) ?? []).toSorted((a, b) => a.atMs - b.atMs),
      endAsks,
      endUses: [...new Set(endAsks.map(({ key }) => key))].flatMap((key) => endUses.get(key) ?? []),
      uses: [...keys].flatMap((key) => [keyed.get(key) ?? []]),
      leaseMs,
      isTouched: touched.has(orderId ?? ''),
      time,
      stripe: stripeOf(orderId),
    };
  });
}

/** Finds what of Stripe belongs to an order. */
function sortStripe(all: StripeFacts | undefined): (orderId: string | null) => StripeFacts | null {
  if (all === undefined) return () => null;
  const intents = groupBy(all.intents, (intent) => intent.orderId);
  const writes = groupBy(all.writes, ({ intentId }) => intentId);
  const prepares = groupBy(all.prepares, (prepare) => prepare.orderId);
  return (orderId) => {
    const own = intents.get(orderId) ?? [];
    return {
      intents: own,
      writes: own.flatMap(({ id }) => writes.get(id) ?? []),
      prepares: (prepares.get(orderId) ?? []).toSorted((a, b) => a.atMs - b.atMs),
    };
  };
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K | null, T[]> {
  const groups = new Map<K | null, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
