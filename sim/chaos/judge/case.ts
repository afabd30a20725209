/** What the judge is given, and the same sorted by order. Everything here comes from outside: nothing is taken from `src`. */
import type { Call } from '../proxy/witness.ts';
import type { Exchange } from '../record.ts';
import { createDatabaseTime, type DatabaseTime, type Step } from './database-time.ts';
import { touchedOrders } from './forgotten.ts';
import { orderReference } from './names.ts';
import { isPost } from './reading.ts';

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
  readonly live: boolean;
}

/** How things stand when all faults are over. */
export interface State {
  readonly payments: readonly Payment[];
  /** By payment id. */
  readonly events: ReadonlyMap<string, readonly PaymentEvent[]>;
  readonly ledger: readonly LedgerCharge[];
}

/** The same moment on the run's monotonic clock, which exchanges carry, and since the epoch, which calls carry. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The database was set back: of what was stored between these two it may know nothing. */
export interface Forgotten {
  readonly from: Moment;
  readonly until: Moment;
}

export interface Case {
  /** The name from which all names at the gateway come. */
  readonly installationId: string;
  readonly state: State;
  readonly exchanges: readonly Exchange[];
  readonly calls: readonly Call[];
  readonly forgotten: readonly Forgotten[];
  /** How the database's clock was made to step. */
  readonly clockSteps: readonly Step[];
  /** The longest lease of any process. */
  readonly leaseMs: number;
}

/** All that is known about one order. */
export interface OrderFile {
  readonly orderId: string;
  /** What it must be called at the gateway. */
  readonly reference: string;
  /** More than one only where the core promise is broken. */
  readonly payments: readonly Payment[];
  /** Of the first payment. */
  readonly events: readonly PaymentEvent[];
  readonly charges: readonly LedgerCharge[];
  /** In the order of their sending. */
  readonly calls: readonly Call[];
  /** In the order of their asking. */
  readonly exchanges: readonly Exchange[];
  /** For each of its keys, all that was asked under it, for other orders too. */
  readonly uses: readonly (readonly Exchange[])[];
  readonly leaseMs: number;
  /** Something happened to it that the database was made to forget. */
  readonly isTouched: boolean;
  /** When by everybody else's clock the times were that the database has written down. */
  readonly time: DatabaseTime;
}

export type ViolationKind =
  | 'charged_twice'
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
  /** The answers concerned, by their numbers. */
  readonly exchanges?: readonly number[];
}

export interface Violation extends Finding {
  readonly orderId: string | null;
}

/** Everything about each order that anybody ever asked for, that has a payment, or that the gateway heard of. */
export function openFiles(facts: Case): OrderFile[] {
  const { installationId, state, exchanges, calls, leaseMs } = facts;
  const touched = touchedOrders(facts);
  const time = createDatabaseTime(facts.clockSteps);
  const payments = groupBy(state.payments, ({ order_id }) => order_id);
  const charges = groupBy(state.ledger, ({ order_id }) => order_id);
  const called = groupBy(calls, ({ orderId }) => orderId);
  const asked = groupBy(exchanges, ({ orderId }) => orderId);
  const keyed = groupBy(
    exchanges.filter((exchange) => isPost(exchange) && exchange.key !== null),
    ({ key }) => key,
  );
  const orders = new Set([...payments.keys(), ...charges.keys(), ...called.keys(), ...asked.keys()]);
  orders.delete(null);
  return [...orders].map((orderId) => {
    const own = payments.get(orderId) ?? [];
    const ownExchanges = asked.get(orderId) ?? [];
    const keys = new Set(ownExchanges.map(({ key }) => key));
    return {
      orderId: orderId ?? '',
      reference: orderReference(installationId, orderId ?? ''),
      payments: own,
      events: state.events.get(own[0]?.payment_id ?? '') ?? [],
      charges: charges.get(orderId) ?? [],
      calls: (called.get(orderId) ?? []).toSorted((a, b) => a.atMs - b.atMs),
      exchanges: ownExchanges.toSorted((a, b) => a.askedMs - b.askedMs),
      uses: [...keys].flatMap((key) => [keyed.get(key) ?? []]),
      leaseMs,
      isTouched: touched.has(orderId ?? ''),
      time,
    };
  });
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
